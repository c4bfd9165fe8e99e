//! The write rules: what goes into which field of Salesforce, whether it fits the org, and what it would be for the
//! selected contact. What is changed here is changed in the configuration file; the worker reads it again by itself.

mod ask;
mod jobs;
mod view;

use std::cell::Cell;
use std::sync::Arc;

use ratatui::layout::{Position, Rect};

use self::ask::{choose_profile, save, type_value};
pub use self::jobs::{ReadMapping, SaveRule, Subject};
use crate::config::edit::RuleChange;
use crate::config::{Config, When, WriteRule};
use crate::domain::{Activity, Contact};
use crate::filter::CustomField;
use crate::salesforce::Describe;
use crate::sync::mapping::{self, Board, Row};
use crate::sync::rules::Sources;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Cursor;
use crate::tui::view::common::canvas::Canvas;

/// Where its keys count.
pub const PLACE: Place = Place("Mapping");

actions! {
    OPEN = open: "mapping", "Mapping: the write rules", "", [Place::GLOBAL], ["g w"];
    ADD: "mapping-add", "Add a rule", "add", [PLACE], ["a"];
    EDIT: "mapping-edit", "Change what is written", "value", [PLACE], ["enter" "e"];
    WHEN: "mapping-when", "Always, or only into an empty field", "when", [PLACE], ["w"];
    FALLBACK: "mapping-fallback", "What is written when there is no value", "fallback", [PLACE], ["f"];
    REMOVE: "mapping-remove", "Remove the rule", "remove", [PLACE], ["D"];
    AGAIN: "mapping-again", "Ask the org again", "reload", [PLACE], ["r"];
}

/// The screen.
#[derive(Debug, Default)]
pub struct Mapping {
    found: Option<Arc<Found>>,
    rows: Cell<Cursor>,
    /// Whom it was asked for.
    asked: Option<Subject>,
    again: bool,
}

/// What was read: the file's rules and what the org says.
#[derive(Debug, Default)]
pub struct Found {
    board: Board,
    describes: Vec<Arc<Describe>>,
    custom: Vec<CustomField>,
    /// Why the org was not asked; `None`: it was.
    alone: Option<String>,
}

impl Found {
    /// What a file says, held against the org. `who`: the contact and activity to try the rules on; `alone`: why the org
    /// was not asked.
    pub fn new(
        config: &Config,
        describes: Vec<Arc<Describe>>,
        custom: Vec<CustomField>,
        alone: Option<String>,
        (contact, activity): (Option<&Contact>, Option<&Activity>),
    ) -> Self {
        let known: Vec<&Describe> = describes.iter().map(AsRef::as_ref).collect();
        let sources = contact.map(|contact| Sources { contact: Some(contact), activity });
        let board = mapping::board(config, &known, &custom, sources);
        Self { board, describes, custom, alone }
    }

    fn describes(&self) -> Vec<&Describe> {
        self.describes.iter().map(AsRef::as_ref).collect()
    }
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    if model.layers.find::<Mapping>().is_none() {
        model.layers.open(Mapping::default());
    }
}

impl Mapping {
    fn row(&self) -> Option<&Row> {
        self.found.as_ref()?.board.rows.get(self.rows.get().at)
    }

    fn change(&self, effects: &mut Vec<Effect>, change: impl FnOnce(&mut WriteRule)) {
        if let Some(row) = self.row() {
            let mut rule = row.rule.clone();
            change(&mut rule);
            effects.push(save(row.profile.clone(), RuleChange::Replace(row.place, rule)));
        }
    }
}

impl Layer for Mapping {
    fn title(&self) -> String {
        "Mapping".into()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let rows = self.found.as_ref().map_or(0, |found| found.board.rows.len());
        match action {
            ADD => {
                if let Some(found) = self.found.clone() {
                    choose_profile(found, model);
                }
            }
            EDIT => {
                if let Some(row) = self.row().cloned() {
                    type_value(&row.rule.value.clone(), model, move |value, effects| {
                        let rule = WriteRule { value, ..row.rule.clone() };
                        effects.push(save(row.profile.clone(), RuleChange::Replace(row.place, rule)));
                    });
                }
            }
            WHEN => self.change(effects, |rule| {
                rule.when = if rule.when == When::Always { When::Empty } else { When::Always };
            }),
            FALLBACK => {
                if let Some(row) = self.row().cloned() {
                    let text = row.rule.fallback.clone();
                    model.layers.open(Prompt::new(
                        "When there is no value",
                        "Write",
                        &text,
                        move |text, _, effects| {
                            let rule = WriteRule { fallback: text, ..row.rule.clone() };
                            effects.push(save(row.profile.clone(), RuleChange::Replace(row.place, rule)));
                            Ok(())
                        },
                    ));
                }
            }
            REMOVE => {
                if let Some(row) = self.row() {
                    let (profile, place) = (row.profile.clone(), row.place);
                    let question = format!("Remove the rule for {}?", row.rule.field);
                    model.layers.open(Confirm::new("Remove", question, move |_, effects| {
                        effects.push(save(profile, RuleChange::Remove(place)));
                    }));
                }
            }
            AGAIN => (self.asked, self.again) = (None, true),
            _ if self.rows.get_mut().act(action, rows) => {}
            _ => return After::Pass,
        }
        After::Stay
    }

    fn settle(&mut self, _: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        // What is selected may still be on its way when the screen is opened.
        let subject = Subject::of(&model.detail.shown);
        if self.asked.replace(subject) != Some(subject) {
            let again = std::mem::take(&mut self.again);
            effects.push(Effect::job(ReadMapping::new(subject, again)));
        }
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        match action {
            ADD => self.found.is_some(),
            EDIT | WHEN | FALLBACK | REMOVE => self.row().is_some(),
            _ => true,
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        self.draw_rules(model, canvas, body);
        None
    }
}
