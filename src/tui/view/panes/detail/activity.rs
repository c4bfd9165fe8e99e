//! An activity in full, and below it its contact.

use jiff::tz::TimeZone;

use super::Page;
use crate::domain::UserRef;
use crate::domain::activity::{Activity, Attendee};
use crate::store::ActivityDetail;
use crate::tui::theme::Meaning;
use crate::tui::when;

impl<'m> Page<'m> {
    /// Everything about an activity.
    pub(super) fn activity(&mut self, detail: &'m ActivityDetail) {
        let activity = &detail.activity;
        let state = Meaning::of_state(activity.state);
        let subject = activity.subject.as_deref().unwrap_or_else(|| activity.kind.label());
        let mut spans = vec![
            self.span(self.theme.glyphs.kind(activity.kind), state),
            self.span(format!(" {subject}"), Meaning::Strong),
            self.span(format!("  {}", activity.state.label()), state),
        ];
        if activity.test {
            spans.push(self.span("  [test]", Meaning::Warning));
        }
        if activity.trashed_at.is_some() {
            spans.push(self.span("  [trash]", Meaning::Warning));
        }
        self.line(spans);
        self.times(activity);
        self.maybe("Host", activity.user.as_ref().map(UserRef::label));
        self.maybe("Where", activity.location.as_deref());
        self.maybe("Join", activity.detail.join_url.as_deref());
        self.maybe("Details", activity.detail.detailed_state.as_deref());
        let reason = [activity.reason.as_deref(), activity.reason_by.as_deref()].into_iter().flatten();
        self.pair("Reason", &reason.collect::<Vec<_>>().join(", by "), Meaning::Text);
        self.maybe("Event type", activity.event_type.as_deref());
        self.maybe("Page", activity.page.as_deref());
        self.maybe("Bot", activity.bot.as_deref());
        self.maybe("Form", activity.form.as_deref());
        self.maybe("Notes", activity.detail.notes.as_deref());
        self.people(&activity.detail.attendees);
        self.answers(activity);
        self.utm(activity);
        self.own_salesforce(detail);
        if !detail.related.is_empty() {
            self.heading("Related");
            for row in &detail.related {
                self.activity_line(row);
            }
        }
        self.heading("Contact");
        if let Some(contact) = &detail.contact {
            self.contact(contact, false);
        } else {
            let unknown = activity.detail.nobody_yet;
            self.text(if unknown { "Nothing has told yet whose it is" } else { "Contact deleted" }, Meaning::Dim);
            self.maybe("Name", activity.person_name.as_deref());
            self.maybe("Email", activity.person_email.as_deref());
            self.maybe("Phone", activity.person_phone.as_deref());
        }
        if !detail.history.is_empty() {
            self.heading("What happened");
            self.history(&detail.history);
        }
        self.blank();
        let ids = format!("{} {}", activity.source, activity.external_id);
        self.pair("Source", &ids, Meaning::Dim);
    }

    /// The meeting's time in the user's zone, and in the guest's if that is another one.
    fn times(&mut self, activity: &Activity) {
        let Some(start) = activity.start else {
            let at = self.moment(activity.created_at);
            return self.pair("When", &at, Meaning::Text);
        };
        let (now, mine, dash) = (self.model.setup.now.at, &self.model.setup.time_zone, self.theme.glyphs.dash);
        let text = when::range(start, activity.end, now, mine, dash);
        self.pair("When", &text, Meaning::Text);
        let guest = activity.customer_time_zone.as_deref().map(|name| (name, TimeZone::get(name)));
        if let Some((name, Ok(zone))) = guest
            && zone.to_offset(start) != mine.to_offset(start)
        {
            let theirs = when::range(start, activity.end, now, &zone, dash);
            self.pair("", &format!("{theirs} in {name}"), Meaning::Dim);
        }
        if let Some(before) = activity.detail.previous_start {
            let text = format!("was {}", when::range(before, activity.detail.previous_end, now, mine, dash));
            self.pair("", &text, Meaning::Dim);
        }
    }

    fn people(&mut self, attendees: &[Attendee]) {
        for (index, attendee) in attendees.iter().enumerate() {
            let parts = [attendee.name.as_deref(), attendee.email.as_deref()];
            let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
            if attendee.no_show == Some(true) {
                text.push_str("  no-show");
            }
            self.pair(if index == 0 { "Attendees" } else { "" }, &text, Meaning::Text);
        }
    }

    fn answers(&mut self, activity: &'m Activity) {
        if activity.detail.answers.is_empty() {
            return;
        }
        self.heading("Answers");
        for answer in &activity.detail.answers {
            let value = match &answer.value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => continue,
                serde_json::Value::Array(items) => {
                    let texts = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
                    texts.collect::<Vec<_>>().join(", ")
                }
                other => other.to_string(),
            };
            self.pair(answer.label.as_deref().unwrap_or(&answer.key), &value, Meaning::Text);
        }
    }

    fn utm(&mut self, activity: &Activity) {
        let utm = &activity.utm;
        let parts = [&utm.source, &utm.medium, &utm.campaign, &utm.term, &utm.content];
        let text = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" / ");
        self.pair("UTM", &text, Meaning::Text);
    }

    fn own_salesforce(&mut self, detail: &'m ActivityDetail) {
        if detail.link.is_none() && detail.outbox.is_none() {
            return;
        }
        self.heading("Salesforce");
        if let Some(link) = &detail.link {
            self.link(link);
        }
        if let Some(item) = &detail.outbox {
            self.outbox(item);
        }
    }
}
