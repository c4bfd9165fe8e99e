//! Whether the org is as the configuration wants it: connection, limits, and every option and write rule of the
//! profiles against describe (product: rules are checked by `rolodeck doctor`).
//!
//! Nothing is written. A question that fails is a line of its own and ends nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Serialize;

use super::profile::{OnCancel, Profile, RecordKind};
use super::rules::{self, RuleObject};
use super::setup::Setup;
use crate::config::{self, Severity};
use crate::filter::CustomField;
use crate::salesforce::{ApiError, Client, Describe, FieldType, soql, words};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and is probably not meant.
    Warning,
    /// It does not work.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was looked at: `store`, `Salesforce`, ``profile `demo calls` ``.
    pub about: String,
    /// How it is.
    pub level: Level,
    /// What was found.
    pub finding: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Line {
    /// All is well.
    pub fn ok(about: impl Into<String>, finding: impl Into<String>) -> Self {
        Self { about: about.into(), level: Level::Ok, finding: finding.into(), remedy: None }
    }

    /// Something doubtful, and what to do.
    pub fn warning(about: impl Into<String>, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, remedy: Some(remedy.into()), ..Self::ok(about, finding) }
    }

    /// Something wrong, and what to do.
    pub fn error(about: impl Into<String>, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Error, ..Self::warning(about, finding, remedy) }
    }

    fn failed(about: &str, error: &ApiError) -> Self {
        let words = words(&error.code());
        Self::error(about, format!("{} ({error})", words.meaning), words.remedy)
    }
}

const CONNECTION: &str = "Salesforce";

/// Looks at the org. `custom`: the custom fields of contacts.
pub async fn examine(client: &Client, setup: &Setup, custom: &[CustomField]) -> Vec<Line> {
    let mut lines = connection(client).await;
    if lines.iter().any(|line| line.level == Level::Error) {
        return lines;
    }
    let mut describes: BTreeMap<&str, Arc<Describe>> = BTreeMap::new();
    for object in ["Account", "Contact", "Event", "Lead"] {
        match client.describe(object).await {
            Ok(describe) => _ = describes.insert(object, describe),
            Err(error) if object == "Account" => tracing::info!(%error, "Account is not described"),
            Err(error) => lines.push(Line::failed(&format!("object {object}"), &error)),
        }
    }
    lines.extend(object_rights(setup, &describes));
    // What no profile matches is synced all the same, by the defaults of its source.
    let named = setup.profiles().map(|profile| (format!("profile `{}`", profile.name), profile));
    let bases = setup.bases().map(|profile| (format!("base `{}`, where no profile matches", profile.name), profile));
    for (about, profile) in named.chain(bases) {
        let mut found = options(&about, profile, &describes);
        found.extend(rule_lines(&about, profile, &describes, custom));
        if found.is_empty() {
            let rules = profile.rules.len();
            found.push(Line::ok(
                &about,
                format!("fits the org ({rules} write rule{})", if rules == 1 { "" } else { "s" }),
            ));
        }
        lines.extend(found);
    }
    lines.extend(users(client, setup).await);
    lines
}

/// Who we are, which API, and what is left of the allowance.
async fn connection(client: &Client) -> Vec<Line> {
    let mut lines = Vec::new();
    let instance = match client.instance_url().await {
        Ok(url) => url.host().to_owned(),
        Err(error) => return vec![Line::failed(CONNECTION, &error)],
    };
    let wanted = client.api_version().to_string();
    match client.versions().await {
        Ok(versions) if versions.iter().any(|version| version.version == wanted) => {
            lines.push(Line::ok(CONNECTION, format!("{instance} serves API version {wanted}")));
        }
        Ok(versions) => {
            let newest = versions.last().map_or("none", |version| version.version.as_str());
            let finding = format!("{instance} does not serve API version {wanted}; its newest is {newest}");
            lines.push(Line::error(CONNECTION, finding, format!("set salesforce.api_version = \"{newest}\"")));
            return lines;
        }
        Err(error) => return vec![Line::failed(CONNECTION, &error)],
    }
    match client.limits().await {
        Ok(limits) => lines.extend(limits.get("DailyApiRequests").map(|limit| {
            let left = format!("{} of {} API calls of the day are left", limit.remaining, limit.max);
            if limit.remaining * 10 < limit.max {
                Line::warning(CONNECTION, left, "wait, or ask for a larger allowance: the sync stops at its share")
            } else {
                Line::ok(CONNECTION, left)
            }
        })),
        Err(error) => return vec![Line::failed(CONNECTION, &error)],
    }
    lines.extend(client.clock_ahead().map(clock));
    lines.insert(
        0,
        match client.user_info().await {
            Ok(user) => Line::ok(CONNECTION, format!("logged in as {} ({})", user.username, user.name)),
            // A session that may work but not tell who it is: the limits above were answered.
            Err(error) => Line::warning(
                CONNECTION,
                format!("it does not say who is logged in ({error})"),
                "give the connected app the scope `openid` or `id`",
            ),
        },
    );
    lines
}

/// Signed webhooks and assertions are refused when clocks are minutes apart.
fn clock(ahead: SignedDuration) -> Line {
    const ABOUT: &str = "clock";
    let seconds = ahead.as_secs();
    match seconds.unsigned_abs() {
        0..=5 => Line::ok(ABOUT, "this machine and Salesforce agree on the time"),
        apart => {
            let way = if seconds > 0 { "ahead of" } else { "behind" };
            let finding = format!("this machine is {apart} seconds {way} Salesforce");
            let remedy = "let the machine keep its time by NTP (timedatectl set-ntp true)";
            match apart {
                6..=60 => Line::warning(ABOUT, finding, remedy),
                _ => Line::error(ABOUT, finding, remedy),
            }
        }
    }
}

/// What the user may do with the objects that the sync writes.
fn object_rights(setup: &Setup, describes: &BTreeMap<&str, Arc<Describe>>) -> Vec<Line> {
    let mut lines = Vec::new();
    // What no profile matches goes by the bases, so their objects count as well.
    let any = |wanted: &dyn Fn(&Profile) -> bool| setup.profiles().chain(setup.bases()).any(wanted);
    let deletes = any(&|profile| profile.on_cancel == OnCancel::Delete);
    for (object, wanted) in
        [("Lead", any(&Profile::looks_for_lead)), ("Contact", any(&Profile::looks_for_contact)), ("Event", true)]
    {
        let Some(describe) = describes.get(object).filter(|_| wanted) else { continue };
        let mut missing = Vec::new();
        for (may, what) in [
            (describe.createable, "create"),
            (describe.updateable, "edit"),
            (describe.deletable || object != "Event" || !deletes, "delete"),
        ] {
            if !may {
                missing.push(what);
            }
        }
        lines.push(if missing.is_empty() {
            Line::ok("rights", format!("{object} can be written"))
        } else {
            Line::error(
                "rights",
                format!("the user may not {} records of {object}", missing.join(" or ")),
                "give the user's profile or permission set that right",
            )
        });
    }
    lines
}

/// Options of a profile that name something of the org, or that do nothing together.
fn options(about: &str, profile: &Profile, describes: &BTreeMap<&str, Arc<Describe>>) -> Vec<Line> {
    let mut lines = Vec::new();
    if let (Some(field), Some(event)) = (&profile.no_show_field, describes.get("Event")) {
        match event.field_exact(field) {
            Some(known) if known.kind == FieldType::Boolean && known.updateable => {}
            Some(known) if known.kind == FieldType::Boolean => lines.push(Line::error(
                about,
                format!("no_show_field: {field} of Event cannot be changed by the sync user"),
                "give the user's profile or permission set the right to edit it",
            )),
            Some(_) => lines.push(Line::error(
                about,
                format!("no_show_field: {field} of Event is no checkbox"),
                "make a checkbox on Activity and name it here",
            )),
            None => {
                let spelled = event.field(field).map(|known| format!("; Salesforce spells it {}", known.name));
                lines.push(Line::error(
                    about,
                    format!("no_show_field: Event has no field {field}{}", spelled.unwrap_or_default()),
                    "make a checkbox on Activity, or leave the option out",
                ));
            }
        }
    }
    if let (Some(field), Some(account)) = (&profile.sub_region_field, describes.get("Account"))
        && account.field_exact(field).is_none()
    {
        let spelled = account.field(field).map(|known| format!("; Salesforce spells it {}", known.name));
        lines.push(Line::error(
            about,
            format!("sub_region_field: Account has no field {field}{}", spelled.unwrap_or_default()),
            "name a field of Account, or leave the option out",
        ));
    }
    if let Some(account) = describes.get("Account") {
        for kind in &profile.exclude_account_record_types {
            if account.record_type(kind.trim()).is_none() {
                lines.push(Line::warning(
                    about,
                    format!("exclude_account_record_types: Account has no record type {kind}"),
                    "correct its name, or leave it out",
                ));
            }
        }
    }
    let matches_accounts = profile.contact_under_account || profile.lead_when_no_account;
    if profile.record == RecordKind::Account && !matches_accounts && !profile.skip_creation {
        lines.push(Line::warning(
            about,
            "record = \"account\" without contact_under_account or lead_when_no_account creates nobody",
            "set one of them, or skip_creation = true if that is meant",
        ));
    }
    if profile.lead_when_no_account && profile.record != RecordKind::Account {
        lines.push(Line::warning(
            about,
            "lead_when_no_account does nothing unless record = \"account\"",
            "set record = \"account\", or leave the option out",
        ));
    }
    if profile.fuzzy_domain && !matches_accounts {
        lines.push(Line::warning(
            about,
            "fuzzy_domain does nothing where no Account is looked for",
            "set contact_under_account = true, or leave the option out",
        ));
    }
    lines
}

/// Every write rule, against the objects that the profile writes.
fn rule_lines(
    about: &str,
    profile: &Profile,
    describes: &BTreeMap<&str, Arc<Describe>>,
    custom: &[CustomField],
) -> Vec<Line> {
    let lead = profile.looks_for_lead();
    let contact = profile.looks_for_contact();
    let wanted = [("Event", true), ("Lead", lead), ("Contact", contact)];
    let objects: Vec<&Describe> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .filter_map(|(name, _)| describes.get(name).map(AsRef::as_ref))
        .collect();
    let problems = rules::check(&profile.rules, &objects, Some(custom));
    // A field that new records need is nothing to an object of which none is made.
    let made = |object: &str| match object {
        "Event" => true,
        _ if profile.skip_creation => false,
        "Lead" => profile.record == RecordKind::Lead || profile.lead_when_no_account,
        _ => profile.record == RecordKind::Contact || profile.contact_under_account,
    };
    problems
        .into_iter()
        .filter(|problem| problem.rule.is_some() || problem.object.as_deref().is_none_or(made))
        .map(|problem| {
            let object = problem.object.or_else(|| {
                let rule = problem.rule.and_then(|at| profile.rules.get(at))?;
                Some(match rule.object {
                    RuleObject::Event => "Event".to_owned(),
                    RuleObject::Person => "person".to_owned(),
                    RuleObject::Lead => "Lead".to_owned(),
                    RuleObject::Contact => "Contact".to_owned(),
                })
            });
            let rule = problem.rule.map(|at| format!("write rule {}: ", at + 1)).unwrap_or_default();
            let place = object.map(|object| format!("{object}.")).unwrap_or_default();
            let takes = problem.expected.map(|expected| format!(" (it takes {expected})")).unwrap_or_default();
            Line {
                about: about.to_owned(),
                level: match problem.severity {
                    Severity::Error => Level::Error,
                    Severity::Warning => Level::Warning,
                },
                finding: format!("{rule}{place}{}: {}{takes}", problem.field, problem.message),
                remedy: problem.hint,
            }
        })
        .collect()
}

/// What `[owner_lookup]` names of the org.
pub async fn owner_lookup(client: &Client, said: &config::OwnerLookup) -> Vec<Line> {
    const ABOUT: &str = "owner_lookup";
    let objects: &[&str] = match (said.record, said.fallback_to_lead) {
        (config::Record::Account, _) => &["Account"],
        (config::Record::Lead, _) => &["Lead"],
        (config::Record::Contact, false) => &["Contact"],
        (config::Record::Contact, true) => &["Contact", "Lead"],
    };
    let mut lines = Vec::new();
    for object in objects {
        let describe = match client.describe(object).await {
            Ok(describe) => describe,
            Err(error) => {
                lines.push(Line::failed(ABOUT, &error));
                continue;
            }
        };
        for (at, rule) in said.rules.iter().enumerate() {
            if describe.field(rule.field.trim()).is_none() {
                let finding = format!("rule {}: {object} has no field {}, so it is passed over", at + 1, rule.field);
                lines.push(Line::warning(ABOUT, finding, "correct the field's API name, or take the rule out"));
            }
        }
        if *object != "Account" {
            continue;
        }
        let first = said.account_field.split('.').next().unwrap_or_default().trim();
        let named = first.strip_suffix("__r").map_or_else(|| first.to_owned(), |name| format!("{name}__c"));
        if !first.is_empty() && describe.field(&named).is_none() && describe.field(&format!("{first}Id")).is_none() {
            let finding = format!("account_field: Account has no field {first}");
            lines.push(Line::error(ABOUT, finding, "name a lookup to User, or a way to one as in Region__r.Owner__c"));
        } else if let Some(field) = describe.field(first).filter(|_| !first.is_empty())
            && !(field.kind == FieldType::Reference && field.reference_to.iter().any(|to| to == "User"))
        {
            let finding = format!("account_field: {first} of Account is no lookup to User");
            lines.push(Line::error(ABOUT, finding, "name a lookup to User, or leave it out for the Account's owner"));
        }
        for kind in &said.exclude_account_record_types {
            if describe.record_type(kind.trim()).is_none() {
                let finding = format!("exclude_account_record_types: Account has no record type {kind}");
                lines.push(Line::warning(ABOUT, finding, "correct its name, or leave it out"));
            }
        }
        let region = said.sub_region_field.trim();
        if !region.is_empty() && describe.field(region).is_none() {
            let finding = format!("sub_region_field: Account has no field {region}");
            lines.push(Line::error(ABOUT, finding, "name a field of Account, or leave it out"));
        }
    }
    if lines.is_empty() {
        lines.push(Line::ok(ABOUT, "fits the org"));
    }
    lines
}

/// What is wrong with the rules of the profiles whatever the org: told when the worker starts (the doctor asks the org
/// as well).
pub fn at_load(setup: &Setup, custom: &[CustomField]) -> Vec<Line> {
    let none = BTreeMap::new();
    setup
        .profiles()
        .flat_map(|profile| rule_lines(&format!("profile `{}`", profile.name), profile, &none, custom))
        .collect()
}

/// Users that the configuration names.
async fn users(client: &Client, setup: &Setup) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut named = Vec::new();
    if let Some(email) = &setup.default_owner {
        named.push(("sync.default_owner".to_owned(), "Email", email.clone()));
    }
    for profile in setup.profiles() {
        let from = profile.change_owner_from.clone();
        named.extend(from.map(|name| (format!("profile `{}`: change_owner_from", profile.name), "Name", name)));
    }
    for (about, field, value) in named {
        let query = soql::Query::select(["Id", "IsActive"], "User").and_then(|query| query.and_equals(field, &value));
        let Ok(query) = query else { continue };
        match client.query(&query.to_string()).await {
            Ok(users) if users.is_empty() => {
                lines.push(Line::warning(
                    about,
                    format!("Salesforce has no user {value}"),
                    "correct it, or leave it out",
                ));
            }
            // Records of a user who left still change hands; but nothing new can belong to them.
            Ok(users) if field == "Email" && users.iter().all(|user| user.bool("IsActive") != Some(true)) => {
                lines.push(Line::warning(about, format!("{value} is not active"), "name an active user"));
            }
            Ok(_) => lines.push(Line::ok(about, format!("{value} is a user of Salesforce"))),
            Err(error) => lines.push(Line::failed(&about, &error)),
        }
    }
    lines
}
