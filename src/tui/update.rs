//! What happens changes the model and asks for effects. Pure: the time is in the model, set by the loop.

mod act;
pub mod complete;
mod copy;
mod filter;
mod held;
mod mouse;
mod reading;
mod replies;
pub mod status;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::actions::{Action, ActionInfo, Place};
use super::early::Typed;
use super::keymap::{Found, Key};
use super::layer::After;
use super::message::{Effect, Message};
use super::model::{Model, WHICH_KEY, toast};

pub use act::{focus, say};
pub use filter::{
    apply as set_filter, apply_entry as open_filter, in_force, open as open_input, open_save as save_filter_as,
};

/// What is asked for first: how the screen was left, and so which rows it shows. The rest waits until they are on their
/// way. The first frame is drawn before any of it is answered.
pub fn start() -> Vec<Effect> {
    vec![Effect::LoadSession]
}

/// Changes the model by what happened.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    let now = model.setup.now;
    if model.words_due.is_some_and(|at| at <= now.at) || model.toasts.expire(now.instant) {
        model.dirty = true;
    }
    if model.prefix.due.take_if(|due| *due <= now.instant).is_some() {
        model.dirty = true;
    }
    match message {
        Message::Key(event) => key(model, event, &mut effects),
        Message::Paste(text) => paste(model, &text, &mut effects),
        Message::Mouse(event) => {
            // A click is about what is seen, and may be about something else than the keys before.
            model.held.take();
            mouse::mouse(model, event, &mut effects);
        }
        Message::Edited(Ok(text)) => {
            model.with_top(|layer, model| {
                layer.edited(text, model, &mut effects);
                After::Stay
            });
            model.dirty = true;
        }
        Message::Edited(Err(error)) => say(model, toast::Tone::Bad, error),
        Message::Resize(size) => {
            model.setup.size = size;
            model.dirty = true;
            // Also when the size is the old one: what was between may have cut off what stood there.
            effects.push(Effect::Redraw);
        }
        Message::Wake => {}
        Message::Changed => model.refresh.changed = true,
        Message::Worker(status) => {
            if *status != model.sync.own {
                model.sync.own = *status;
                model.dirty = true;
            }
        }
        Message::Reply(reply) => replies::reply(model, reply, &mut effects),
        Message::Progress(progress) => {
            match model.progress.iter_mut().find(|other| other.name == progress.name) {
                Some(known) => *known = progress,
                None => model.progress.push(progress),
            }
            model.dirty = true;
        }
        Message::Worked(name) => {
            model.dirty |= model.progress.iter().any(|progress| progress.name == name);
            model.progress.retain(|progress| progress.name != name);
        }
        Message::Failed { request, error } => replies::failed(model, request, error),
        Message::Resumed => {
            model.dirty = true;
            effects.push(Effect::Redraw);
        }
        Message::Stop => act::quit(model, &mut effects),
    }
    settle(model, &mut effects);
    effects
}

/// Fits everything to what changed, asks for what is missing, and does what waited for it.
fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    fit(model, effects);
    held::release(model, effects);
}

fn fit(model: &mut Model, effects: &mut Vec<Effect>) {
    model.arrange();
    reading::settle(model, effects);
    model.words_due = model.words_change();
}

/// Types what was typed before there was anything to type into.
pub fn retype(model: &mut Model, typed: Vec<Typed>, effects: &mut Vec<Effect>) {
    for typed in typed {
        match typed {
            Typed::Key(event) => key(model, event, effects),
            Typed::Paste(text) => paste(model, &text, effects),
        }
    }
}

fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    model.dirty = true;
    if held::follow(model, event) {
        return;
    }
    model.prefix.due = None;
    let mut typed = std::mem::take(&mut model.prefix.keys);
    typed.push(Key::from(event));
    match model.keymap.find(model.places(), &typed) {
        Found::Action(info, place) if held::hold(model, info, place, &typed) => {}
        Found::Action(info, place) => dispatch(model, info, place, effects),
        Found::Prefix => {
            model.prefix.keys = typed;
            model.prefix.due = Some(model.setup.now.instant + WHICH_KEY);
        }
        // The second key of a sequence that is none is not taken for something else.
        Found::Nothing if typed.len() > 1 => {}
        Found::Nothing => other_key(model, event, effects),
    }
}

/// A key that is no action here: typed into a dialog or line, or nothing.
fn other_key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    if model.with_top(|layer, model| layer.key(event, model, effects)).is_some() {
        return;
    }
    match model.input.as_mut().map(|input| input.key(event)) {
        Some(true) => filter::typed(model),
        Some(false) => complete::offer(model, false), // what is offered belongs to the place of the cursor
        None => {}
    }
}

/// The uppermost layer is asked first, then the action's own function, then the panes.
fn dispatch(model: &mut Model, info: &ActionInfo, place: Place, effects: &mut Vec<Effect>) {
    match model.with_top(|layer, model| layer.act(info.action, model, effects)) {
        Some(After::Stay | After::Close) => return,
        Some(After::Pass) if matches!(info.action, Action::Cancel | Action::Close) => return model.close_top(),
        Some(After::Pass) if info.run.is_none() && place != Place::GLOBAL => return,
        Some(After::Pass) | None => {}
    }
    match info.run {
        Some(run) => run(model, effects),
        None => act::act(model, info.action, effects),
    }
}

fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    if held::all(model) {
        model.held.paste(text);
    } else if !model.layers.is_empty() {
        model.dirty = true;
        model.with_top(|layer, model| {
            layer.paste(text, model, effects);
            After::Stay
        });
    } else if model.input.as_mut().is_some_and(|input| input.paste(text)) {
        model.dirty = true;
        filter::typed(model);
    }
}

/// Does what an action does, from another one: for palettes and menus.
pub fn run(model: &mut Model, info: &ActionInfo, effects: &mut Vec<Effect>) {
    let place = model.places().iter().find(|place| info.places.contains(place)).copied().unwrap_or(Place::GLOBAL);
    dispatch(model, info, place, effects);
}

/// Does what an action does, as if its key had been pressed.
pub fn perform(model: &mut Model, info: &ActionInfo) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.dirty = true;
    run(model, info, &mut effects);
    settle(model, &mut effects);
    effects
}
