//! The write rules: what goes into which field of Salesforce, whether it fits the org, and what it would be for the
//! selected contact. What is changed here is changed in the configuration file; the worker reads it again by itself.

use std::cell::Cell;
use std::sync::Arc;

use ratatui::layout::{Position, Rect};

use crate::config::{
    Base, Config, ConfigError, FieldType, Operation, Profile, Severity, Target, When, WriteRule, edit,
    edit::{EditError, RuleChange},
};
use crate::domain::{Activity, Contact};
use crate::filter::CustomField;
use crate::salesforce::Describe;
use crate::sync::mapping::{self, Board, Preview, Remark, Row};
use crate::sync::rules::{Fit, Sources};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::effects::Hands;
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::detail::Shown;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::wrap;
use crate::tui::view::common::table::{self, Look};
use crate::tui::view::common::window;

/// Where its keys count.
pub const PLACE: Place = Place("Mapping");

actions! {
    OPEN = open: "mapping", "Mapping: the write rules", "mapping", [Place::GLOBAL], ["g w"];
    ADD: "mapping-add", "Add a rule", "add", [PLACE], ["a"];
    EDIT: "mapping-edit", "Change what is written", "value", [PLACE], ["enter" "e"];
    WHEN: "mapping-when", "Always, or only into an empty field", "when", [PLACE], ["w"];
    FALLBACK: "mapping-fallback", "What is written when there is no value", "fallback", [PLACE], ["f"];
    REMOVE: "mapping-remove", "Remove the rule", "remove", [PLACE], ["D"];
    AGAIN: "mapping-again", "Ask the org again", "reload", [PLACE], ["r"];
}

/// Lines below the rules, for the selected one.
const DETAIL: u16 = 7;

const COLUMNS: [Column; 5] = [
    Column::new("Profile", 6, 18, 3),
    Column::new("Record", 8, 16, 0),
    Column::new("Field", 8, 28, 0),
    Column::new("Value", 8, 40, 1),
    Column::new("For this contact", 8, 40, 2),
];

/// The screen.
#[derive(Debug, Default)]
pub struct Mapping {
    found: Option<Arc<Found>>,
    rows: Cell<Cursor>,
    asked: bool,
    again: bool,
}

/// What was read: the file's rules and what the org says.
#[derive(Debug, Default)]
pub struct Found {
    config: Config,
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
        config: Config,
        describes: Vec<Arc<Describe>>,
        custom: Vec<CustomField>,
        alone: Option<String>,
        (contact, activity): (Option<&Contact>, Option<&Activity>),
    ) -> Self {
        let known: Vec<&Describe> = describes.iter().map(AsRef::as_ref).collect();
        let sources = contact.map(|contact| Sources { contact: Some(contact), activity });
        let board = mapping::board(&config, &known, &custom, sources);
        Self { config, board, describes, custom, alone }
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

    fn add(&self, model: &mut Model, effects: &mut Vec<Effect>) {
        let Some(found) = self.found.clone() else { return };
        match found.board.profiles.as_slice() {
            [] => {
                let items = vec![
                    item(Base::Calcom, "activities of Cal.com", "profile `calcom`"),
                    item(Base::Oncehub, "activities of OnceHub", "profile `oncehub`"),
                ];
                model.layers.open(Picker::new(
                    "There is no profile yet: a rule for …",
                    items,
                    move |base, model, _| {
                        let name = if base == Base::Calcom { "calcom" } else { "oncehub" };
                        choose_record(name.to_owned(), found, model);
                    },
                ));
            }
            [only] => choose_record(only.clone(), found, model),
            many => {
                let items = many.iter().map(|name| item(name.clone(), name, "")).collect();
                model.layers.open(Picker::new("Profile", items, move |profile, model, _| {
                    choose_record(profile, found, model);
                }));
            }
        }
        let _ = effects;
    }
}

fn item<T>(value: T, label: impl Into<String>, note: impl Into<String>) -> Item<T> {
    Item { value, label: label.into(), note: note.into() }
}

/// Record and occasion in one question.
fn choose_record(profile: String, found: Arc<Found>, model: &mut Model) {
    use Operation::{Cancel, Create, Update};
    use Target::{Contact, Event, Lead, Person};
    let items = [
        (Event, Create, "Event, when the meeting is booked"),
        (Event, Update, "Event, when the meeting changes"),
        (Event, Cancel, "Event, when the meeting is cancelled"),
        (Person, Create, "Lead or Contact, when a meeting is booked"),
        (Person, Cancel, "Lead or Contact, when the meeting is cancelled"),
        (Lead, Create, "Lead, when it is made"),
        (Lead, Update, "Lead, when it changes"),
        (Contact, Create, "Contact, when it is made"),
        (Contact, Update, "Contact, when it changes"),
    ];
    let items = items.into_iter().map(|(object, on, label)| item((object, on), label, "")).collect();
    model.layers.open(Picker::new("Write to", items, move |(object, on), model, _| {
        choose_field(profile, object, on, found, model);
    }));
}

fn choose_field(profile: String, object: Target, on: Operation, found: Arc<Found>, model: &mut Model) {
    let choices = mapping::fields(object, on, &found.describes());
    if choices.is_empty() {
        // Without the org, the name is typed; the doctor checks it later.
        model.layers.open(Prompt::new("Field of Salesforce", "API name", "", move |field, model, _| {
            if field.trim().is_empty() {
                return Err("type the field's API name".to_owned());
            }
            choose_value(profile.clone(), blank(object, on, field.trim()), found.clone(), model);
            Ok(())
        }));
        return;
    }
    let items = choices
        .into_iter()
        .map(|choice| {
            let required = if choice.required { "required, " } else { "" };
            item(
                choice.name.clone(),
                format!("{} ({})", choice.label, choice.name),
                format!("{required}{}", choice.takes),
            )
        })
        .collect();
    model.layers.open(Picker::new("Field", items, move |field, model, _| {
        choose_value(profile, blank(object, on, &field), found, model);
    }));
}

fn blank(object: Target, on: Operation, field: &str) -> WriteRule {
    WriteRule {
        object,
        on,
        field: field.to_owned(),
        value: String::new(),
        when: When::Always,
        field_type: FieldType::Auto,
        fallback: String::new(),
        wins: crate::config::Wins::default(),
    }
}

fn choose_value(profile: String, rule: WriteRule, found: Arc<Found>, model: &mut Model) {
    let field = mapping::field(rule.object, &rule.field, &found.describes()).cloned();
    let sources = field.map(|field| mapping::sources(&field, &found.custom)).unwrap_or_default();
    let mut items = vec![item(None, "type a text or a template …", "{answer}, {form:x}, or both mixed with text")];
    items.extend(sources.into_iter().map(|source| {
        let sure = if source.fit == Fit::Always { "" } else { "not every value fits" };
        item(Some(source.template.clone()), format!("{}  {}", source.label, source.template), sure)
    }));
    model.layers.open(Picker::new(format!("What goes into {}", rule.field), items, move |template, model, effects| {
        match template {
            Some(value) => effects.push(save(profile, RuleChange::Add(WriteRule { value, ..rule }))),
            None => type_value(&rule.value.clone(), model, move |value, effects| {
                effects.push(save(profile.clone(), RuleChange::Add(WriteRule { value, ..rule.clone() })));
            }),
        }
    }));
}

fn type_value(text: &str, model: &mut Model, take: impl Fn(String, &mut Vec<Effect>) + Send + 'static) {
    model.layers.open(Prompt::new("Text or template", "Value", text, move |value, _, effects| {
        if value.trim().is_empty() {
            return Err("a rule writes something; remove it with D".to_owned());
        }
        if let Err(error) = crate::sync::rules::template::Template::parse(&value) {
            return Err(error.to_string());
        }
        take(value, effects);
        Ok(())
    }));
}

fn save(profile: String, change: RuleChange) -> Effect {
    Effect::job(SaveRule { profile, change })
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
            ADD => self.add(model, effects),
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
            AGAIN => (self.asked, self.again) = (false, true),
            _ if self.rows.get_mut().act(action, rows) => {}
            _ => return After::Pass,
        }
        After::Stay
    }

    fn settle(&mut self, _: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.asked, true) {
            let (contact, activity) = match &model.detail.shown {
                Shown::Contact(detail) => (Some(detail.contact.clone()), None),
                Shown::Activity(detail) => {
                    (detail.contact.as_ref().map(|detail| detail.contact.clone()), Some(detail.activity.clone()))
                }
                Shown::Nothing | Shown::Gone => (None, None),
            };
            let again = std::mem::take(&mut self.again);
            effects.push(Effect::job(ReadMapping { contact, activity, again }));
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
        let Some(found) = &self.found else {
            let inner = window::full(canvas, body, "Mapping", "reading");
            let style = canvas.style(Meaning::Dim);
            canvas.text(inner.x, inner.y, inner.width, "Asking the org what its fields are …", style);
            return None;
        };
        let count = found.board.rows.len();
        let wrong = found.board.rows.iter().filter(|row| is_wrong(&row.remarks)).count();
        let right = if wrong > 0 { format!("{count} rules, {wrong} wrong") } else { format!("{count} rules") };
        let inner = window::full(canvas, body, "Mapping", &right);
        if inner.height == 0 {
            return None;
        }
        let below = DETAIL.min(inner.height / 2);
        let list = Rect { height: inner.height - below, ..inner };
        let widths = widths(&COLUMNS, list.width.saturating_sub(table::GUTTER));
        table::head(canvas, list, &COLUMNS, &widths, None);
        let height = list.height.saturating_sub(1);
        let mut cursor = self.rows.get();
        let first = cursor.fit(count, usize::from(height));
        self.rows.set(cursor);
        if count == 0 {
            let style = canvas.style(Meaning::Dim);
            let text = "No rule yet. a adds one: record, field, value.";
            canvas.text(list.x, list.y + 1, list.width, text, style);
        }
        for (y, (at, row)) in (list.y + 1..list.bottom()).zip(found.board.rows.iter().enumerate().skip(first)) {
            let area = Rect { y, height: 1, ..list };
            let tone = tone(&row.remarks);
            let (preview, meaning) = shown(row.preview.as_ref(), canvas.glyphs().dash);
            let cells = [
                table::Cell::new(row.profile.as_str(), Meaning::Dim),
                table::Cell::new(record(&row.rule), Meaning::Text),
                table::Cell::new(row.rule.field.as_str(), tone.unwrap_or(Meaning::Strong)),
                table::Cell::new(row.rule.value.as_str(), Meaning::Text),
                table::Cell::new(preview, meaning),
            ];
            let look = Look { cursor: at == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, area, &COLUMNS, &widths, &cells, look);
        }
        let detail = Rect { y: list.bottom(), height: below, ..inner };
        self.draw_detail(found, model, canvas, detail);
        None
    }
}

impl Mapping {
    /// The selected rule, what is wrong with it, and what is wrong as a whole.
    fn draw_detail(&self, found: &Found, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        let mut lines: Vec<(String, Meaning)> = Vec::new();
        if let Some(row) = self.row() {
            let takes = row.takes.as_deref().unwrap_or("the org was not asked");
            let when = if row.rule.when == When::Empty { "only if empty" } else { "always" };
            lines.push((format!("{} {}: {takes}; {when}", record(&row.rule), row.rule.field), Meaning::Strong));
            lines.extend(told(&row.remarks));
            if let Some(Preview::Nothing(why)) = &row.preview {
                lines.push((format!("for this contact nothing is written: {why}"), Meaning::Dim));
            }
            if !row.rule.fallback.is_empty() {
                lines.push((format!("without a value: {}", row.rule.fallback), Meaning::Dim));
            }
        }
        lines.extend(told(&found.board.loose));
        if let Some(why) = &found.alone {
            lines.push((format!("Fields are not checked: {why}"), Meaning::Warning));
        }
        if model.detail.contact().is_none() {
            lines.push(("Select a contact before to see what would be written for it.".to_owned(), Meaning::Dim));
        }
        let room = usize::from(area.width).max(1);
        let ellipsis = canvas.glyphs().ellipsis;
        let wrapped = lines.into_iter().flat_map(|(text, meaning)| {
            let text = crate::domain::text::visible(&text).into_owned();
            wrap(&text, room, 3, ellipsis).into_iter().map(move |line| (line, meaning))
        });
        for (y, (line, meaning)) in (area.y + 1..area.bottom()).zip(wrapped) {
            let style = canvas.style(meaning);
            canvas.text(area.x, y, area.width, &line, style);
        }
    }
}

fn is_wrong(remarks: &[Remark]) -> bool {
    remarks.iter().any(|remark| remark.severity == Severity::Error)
}

fn tone(remarks: &[Remark]) -> Option<Meaning> {
    match remarks {
        [] => None,
        some if is_wrong(some) => Some(Meaning::Bad),
        _ => Some(Meaning::Warning),
    }
}

fn told(remarks: &[Remark]) -> impl Iterator<Item = (String, Meaning)> {
    remarks.iter().map(|remark| {
        let meaning = if remark.severity == Severity::Error { Meaning::Bad } else { Meaning::Warning };
        let hint = remark.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        (format!("{}{hint}", remark.text), meaning)
    })
}

fn record(rule: &WriteRule) -> String {
    let object = match rule.object {
        Target::Event => "Event",
        Target::Person => "Person",
        Target::Lead => "Lead",
        Target::Contact => "Contact",
    };
    let on = match rule.on {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Cancel => "cancel",
    };
    format!("{object} {on}")
}

fn shown(preview: Option<&Preview>, dash: &str) -> (String, Meaning) {
    match preview {
        Some(Preview::Value(serde_json::Value::String(text))) => (text.clone(), Meaning::Text),
        Some(Preview::Value(value)) => (value.to_string(), Meaning::Text),
        Some(Preview::Nothing(_)) => (dash.to_owned(), Meaning::Dim),
        None => (String::new(), Meaning::Dim),
    }
}

/// Reads the file and asks the org.
#[derive(Debug, Default, PartialEq)]
pub struct ReadMapping {
    contact: Option<Contact>,
    activity: Option<Activity>,
    again: bool,
}

/// The rules of the file as it is now; without a file, those that the program started with.
fn config_now(hands: &Hands) -> Result<Config, String> {
    let Some(path) = &hands.config_file else { return Ok(hands.config.as_ref().clone()) };
    match Config::load(Some(path)) {
        Ok(config) => Ok(config),
        Err(ConfigError::Missing(_)) => Ok(Config::default()),
        Err(error) => {
            let failure = crate::words::Failure::from(error);
            Err(format!("{}: {}; {}", failure.what, failure.why, failure.hint))
        }
    }
}

impl Job for ReadMapping {
    type Answer = Arc<Found>;

    fn kind(&self) -> Kind {
        Kind::Reading("mapping")
    }

    async fn run(&self, hands: &Hands) -> Result<Arc<Found>, String> {
        let config = config_now(hands)?;
        let custom = hands.store.custom_fields().await.map_err(|error| error.to_string())?;
        let (mut describes, mut alone) = (Vec::new(), None);
        match &hands.org {
            None => alone = Some("Salesforce is not connected".to_owned()),
            Some(org) => {
                if self.again {
                    org.forget_describes();
                }
                for object in ["Lead", "Contact", "Event"] {
                    match org.describe(object).await {
                        Ok(describe) => describes.push(describe),
                        Err(error) => alone = Some(error.to_string()),
                    }
                }
            }
        }
        Ok(Arc::new(Found::new(config, describes, custom, alone, (self.contact.as_ref(), self.activity.as_ref()))))
    }

    fn take(&self, found: Arc<Found>, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Mapping>() {
            screen.found = Some(found);
        }
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<Mapping>();
        say(model, Tone::Bad, error);
    }
}

/// Changes the file.
#[derive(Debug, PartialEq)]
pub struct SaveRule {
    profile: String,
    change: RuleChange,
}

impl Job for SaveRule {
    type Answer = ();

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<(), String> {
        let Some(path) = &hands.config_file else {
            return Err("Nothing was changed: this program has no configuration file".to_owned());
        };
        let base = if self.profile == "oncehub" { Base::Oncehub } else { Base::Calcom };
        let when = if base == Base::Oncehub { "source:oncehub" } else { "source:calcom" };
        let new = Profile { when: when.to_owned(), ..Profile::defaults(base) };
        edit::change_rule_in(path, &self.profile, &self.change, &new).map_err(|error| match error {
            EditError::Config(error) => {
                let failure = crate::words::Failure::from(error);
                format!("Nothing was changed: {}", failure.why)
            }
            other => format!("Nothing was changed: {other}"),
        })
    }

    fn take(&self, (): (), model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Mapping>() {
            screen.asked = false;
        }
        let what = match &self.change {
            RuleChange::Add(rule) => format!("{} is written from now on", rule.field),
            RuleChange::Replace(_, rule) => format!("The rule for {} is changed", rule.field),
            RuleChange::Remove(_) => "The rule is removed".to_owned(),
        };
        say(model, Tone::Good, what);
    }
}
