//! What the screen said, the newest first.

use super::text::Text;
use crate::tui::actions::{Place, actions};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;

actions! {
    OPEN = open: "messages", "What the screen said so far", "", [Place::GLOBAL], ["g h"];
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let zone = &model.setup.time_zone;
    let lines = model.toasts.history().rev().map(|(at, tone, text)| {
        let meaning = match tone {
            Tone::Bad => Meaning::Bad,
            Tone::Good | Tone::Info => Meaning::Text,
        };
        (format!("{}  {text}", at.to_zoned(zone.clone()).strftime("%H:%M:%S")), meaning)
    });
    let mut lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        lines.push(("Nothing was said yet".to_owned(), Meaning::Dim));
    }
    model.layers.open(Text::of_lines("Messages", lines));
}
