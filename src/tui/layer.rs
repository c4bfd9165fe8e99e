//! Dialogs and full screens: a stack of layers over the panes. The uppermost takes the keys.
//!
//! How to add one stands in the documentation of [`crate::tui`].

use std::any::Any;
use std::fmt::Debug;
use std::time::Instant;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::actions::{Action, Place};
use super::message::Effect;
use super::model::Model;
use super::view::common::canvas::Canvas;

/// What becomes of a layer after it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It took it and stays.
    Stay,
    /// It took it and goes.
    Close,
    /// It did not take it. Cancel and close then end the layer, an action with a function of its own runs it, and one
    /// that counts everywhere does what it does in the panes.
    Pass,
}

/// A dialog over what is below, or a screen instead of it.
///
/// While one of its functions runs, the layer is not in the stack of the model: it owns itself, and may open others.
pub trait Layer: Any + Debug + Send {
    /// What people read as its title.
    fn title(&self) -> String;

    /// It fills the space between head and foot line, and keys that count everywhere count in it. A dialog does not.
    fn is_screen(&self) -> bool {
        false
    }

    /// Where its keys are looked up, from the nearest to the widest. A screen ends with [`Place::SCREEN`],
    /// [`Place::ROWS`], [`Place::GLOBAL`]; a dialog with [`Place::DIALOG`].
    fn places(&self) -> &'static [Place];

    /// Does an action.
    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After;

    /// A key that is no action at its places: something typed.
    fn key(&mut self, event: KeyEvent, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let _ = (event, model, effects);
        After::Pass
    }

    /// A click there, while the mouse is on; `body` is the space between head and foot line.
    fn click(&mut self, at: Position, body: Rect, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let _ = (at, body, model, effects);
        After::Pass
    }

    /// Text was pasted.
    fn paste(&mut self, text: &str, model: &mut Model, effects: &mut Vec<Effect>) {
        let _ = (text, model, effects);
    }

    /// The editor that it asked for ([`Effect::Editor`]) was left with this text.
    fn edited(&mut self, text: String, model: &mut Model, effects: &mut Vec<Effect>) {
        let _ = (text, model, effects);
    }

    /// Asks for what it still needs; runs after everything that happens. `stale`: the store changed, at most four times
    /// a second.
    fn settle(&mut self, stale: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        let _ = (stale, model, effects);
    }

    /// The next moment at which [`Layer::settle`] has something to do by itself.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Actions that would do nothing now are not hinted at.
    fn is_useful(&self, action: Action, model: &Model) -> bool {
        let _ = (action, model);
        true
    }

    /// Actions that count everywhere, and that this is about: they are hinted at, too.
    fn is_about(&self, action: Action) -> bool {
        let _ = action;
        false
    }

    /// Draws it into the space between head and foot line; returns where the cursor stands, if something is typed.
    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position>;
}

/// The layers, the uppermost last.
#[derive(Debug, Default)]
pub struct Layers(Vec<Box<dyn Layer>>);

impl Layers {
    /// Opens a layer over all others.
    pub fn open(&mut self, layer: impl Layer) {
        self.0.push(Box::new(layer));
    }

    /// The uppermost.
    pub fn top(&self) -> Option<&dyn Layer> {
        self.0.last().map(AsRef::as_ref)
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if a screen hides the panes.
    pub fn hides_panes(&self) -> bool {
        self.0.iter().any(|layer| layer.is_screen())
    }

    /// Closes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Closes every layer of a type.
    pub fn close<L: Layer>(&mut self) {
        self.0.retain(|layer| !(layer.as_ref() as &dyn Any).is::<L>());
    }

    /// The uppermost layer of a type, open anywhere in the stack.
    pub fn find<L: Layer>(&self) -> Option<&L> {
        self.0.iter().rev().find_map(|layer| (layer.as_ref() as &dyn Any).downcast_ref())
    }

    /// The uppermost layer of a type, open anywhere in the stack.
    pub fn find_mut<L: Layer>(&mut self) -> Option<&mut L> {
        self.0.iter_mut().rev().find_map(|layer| (layer.as_mut() as &mut dyn Any).downcast_mut())
    }

    /// All of them, the lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Layer> + ExactSizeIterator {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The next moment for one of them.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(|layer| layer.deadline()).min()
    }
}

impl Model {
    /// Lets the uppermost layer do something with the model; `None` without a layer.
    pub(super) fn with_top(&mut self, work: impl FnOnce(&mut dyn Layer, &mut Self) -> After) -> Option<After> {
        let mut layer = self.layers.0.pop()?;
        let place = self.layers.0.len();
        let after = work(layer.as_mut(), self);
        if after != After::Close {
            let place = place.min(self.layers.0.len());
            self.layers.0.insert(place, layer);
        }
        Some(after)
    }

    /// Closes the uppermost layer.
    pub(super) fn close_top(&mut self) {
        self.layers.0.pop();
    }

    /// Lets every layer ask for what it needs.
    pub(super) fn settle_layers(&mut self, stale: bool, effects: &mut Vec<Effect>) {
        let mut layers = std::mem::take(&mut self.layers.0);
        for layer in &mut layers {
            layer.settle(stale, self, effects);
        }
        // What they opened meanwhile lies above.
        layers.append(&mut self.layers.0);
        self.layers.0 = layers;
    }
}
