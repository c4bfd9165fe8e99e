//! What happens changes the model and asks for effects. Pure: the time is in the model, set by the loop.

mod act;
mod filter;
mod reading;
mod replies;
mod status;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::actions::Action;
use super::keymap::Key;
use super::message::{Effect, Message};
use super::model::Model;

/// What is asked for first: the first frame is drawn before any of it is answered.
pub fn start() -> Vec<Effect> {
    vec![Effect::LoadSession, Effect::Overview, Effect::SavedFilters]
}

/// Changes the model by what happened.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.words_due.is_some_and(|at| at <= model.setup.now.at) || model.toasts.expire(model.setup.now.instant) {
        model.dirty = true;
    }
    match message {
        Message::Key(event) => key(model, event, &mut effects),
        Message::Paste(text) => paste(model, &text),
        Message::Resize(size) => {
            model.setup.size = size;
            model.dirty = true;
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
        Message::Failed { request, error } => replies::failed(model, request, error),
        Message::Resumed => {
            model.dirty = true;
            effects.push(Effect::Redraw);
        }
        Message::Stop => act::quit(model, &mut effects),
    }
    model.arrange();
    reading::settle(model, &mut effects);
    model.words_due = model.words_change();
    effects
}

fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    model.dirty = true;
    match model.keymap.action(model.places(), Key::from(event)) {
        Some(action) => act::act(model, action, effects),
        None if model.popup.is_some() => status::other_key(model),
        None => {
            if model.input.as_mut().is_some_and(|input| input.key(event)) {
                filter::typed(model);
            }
        }
    }
}

fn paste(model: &mut Model, text: &str) {
    if model.popup.is_none() && model.input.as_mut().is_some_and(|input| input.paste(text)) {
        model.dirty = true;
        filter::typed(model);
    }
}

/// Does what an action does, as if its key had been pressed.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.dirty = true;
    act::act(model, action, &mut effects);
    model.arrange();
    reading::settle(model, &mut effects);
    model.words_due = model.words_change();
    effects
}
