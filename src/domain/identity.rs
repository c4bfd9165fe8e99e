//! Which contact an activity belongs to (OnceHub: contact identification).
//!
//! Email first, then mobile phone; a landline and a name identify nobody.

use super::{ContactId, Email, Field, Phone, Values};

/// What is known about a contact that holds one of the incoming identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The contact.
    pub id: ContactId,
    /// The email it has, if any.
    pub email: Option<Email>,
}

/// Incoming identifiers and who holds them.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Email of the activity.
    pub email: Option<Email>,
    /// Mobile phone of the activity.
    pub mobile: Option<Phone>,
    /// The contact with that email.
    pub by_email: Option<Known>,
    /// The contact with that mobile phone.
    pub by_mobile: Option<Known>,
    /// `identity.strict_email`: an unknown email makes a new contact even if the mobile phone is known.
    pub strict_email: bool,
}

/// Where the activity goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a contact that exists.
    Existing(ContactId),
    /// To a new contact.
    New,
}

/// Two records that may be one person, found while identifying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The email's contact and another contact that holds the mobile phone.
    Contact(ContactId),
    /// An email that came with the contact's mobile phone and was not taken over.
    Email(Email),
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where the activity goes.
    pub target: Target,
    /// An incoming identifier that must not be written to the target.
    pub withhold: Option<Field>,
    /// A possible duplicate of the target.
    pub conflict: Option<Conflict>,
}

impl Decision {
    fn plain(target: Target) -> Self {
        Self { target, withhold: None, conflict: None }
    }
}

impl Decision {
    /// Takes an identifier that must not be written out of the incoming values. A new contact keeps a mobile phone that
    /// belongs to somebody else as its phone, which identifies nobody, so that the number is not lost.
    pub fn withhold_from(&self, values: &mut Values) {
        let Some(field) = self.withhold else { return };
        let value = values.get(field).cloned();
        values.set(field, None);
        if field == Field::MobilePhone && self.target == Target::New && values.get(Field::Phone).is_none() {
            values.set(Field::Phone, value);
        }
    }
}

/// Decides by the table of the OnceHub reference, 1.5; the row "email new, mobile under another email" is decision D1.
pub fn decide(question: &Question) -> Decision {
    let Question { email, by_email, by_mobile, strict_email, .. } = question;
    match (by_email, by_mobile) {
        (Some(a), Some(b)) if a.id != b.id => Decision {
            target: Target::Existing(a.id),
            withhold: Some(Field::MobilePhone),
            conflict: Some(Conflict::Contact(b.id)),
        },
        (Some(a), _) => Decision::plain(Target::Existing(a.id)),
        (None, Some(b)) => match (email, &b.email) {
            (Some(email), Some(held)) if email != held => {
                if *strict_email {
                    Decision {
                        target: Target::New,
                        withhold: Some(Field::MobilePhone),
                        conflict: Some(Conflict::Contact(b.id)),
                    }
                } else {
                    Decision {
                        target: Target::Existing(b.id),
                        withhold: Some(Field::Email),
                        conflict: Some(Conflict::Email(email.clone())),
                    }
                }
            }
            _ => Decision::plain(Target::Existing(b.id)),
        },
        (None, None) => Decision::plain(Target::New),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ContactId = 1;
    const B: ContactId = 2;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[allow(clippy::unnecessary_wraps)] // reads as the table does
    fn known(id: ContactId, mail: Option<&str>) -> Option<Known> {
        Some(Known { id, email: mail.map(email) })
    }

    fn ask(mail: Option<&str>, by_email: Option<Known>, mobile: Option<&str>, by_mobile: Option<Known>) -> Question {
        Question {
            email: mail.map(email),
            mobile: mobile.map(|text| Phone::from_e164(text).unwrap()),
            by_email,
            by_mobile,
            strict_email: false,
        }
    }

    /// OnceHub reference 1.5, row by row.
    #[test]
    fn the_identification_table_holds() {
        let a = || known(A, Some("a@x.no"));
        let mobile = Some("+4790000000");
        let existing = |id| Decision::plain(Target::Existing(id));
        let new = Decision::plain(Target::New);
        let email_wins = Decision {
            target: Target::Existing(A),
            withhold: Some(Field::MobilePhone),
            conflict: Some(Conflict::Contact(B)),
        };
        let keeps_email = Decision {
            target: Target::Existing(B),
            withhold: Some(Field::Email),
            conflict: Some(Conflict::Email(email("new@x.no"))),
        };
        let cases = [
            ("email of A", ask(Some("a@x.no"), a(), None, None), existing(A)),
            ("email and mobile of A", ask(Some("a@x.no"), a(), mobile, a()), existing(A)),
            ("email of A, free mobile", ask(Some("a@x.no"), a(), mobile, None), existing(A)),
            ("email of A, mobile of B", ask(Some("a@x.no"), a(), mobile, known(B, None)), email_wins),
            ("new email, mobile of B without email", ask(Some("new@x.no"), None, mobile, known(B, None)), existing(B)),
            (
                "new email, mobile of B with another",
                ask(Some("new@x.no"), None, mobile, known(B, Some("b@x.no"))),
                keeps_email,
            ),
            ("new email, new mobile", ask(Some("new@x.no"), None, mobile, None), new.clone()),
            ("new email", ask(Some("new@x.no"), None, None, None), new.clone()),
            ("mobile of B", ask(None, None, mobile, known(B, Some("b@x.no"))), existing(B)),
            ("new mobile", ask(None, None, mobile, None), new.clone()),
            ("name only", ask(None, None, None, None), new),
        ];
        for (name, question, decision) in cases {
            assert_eq!(decide(&question), decision, "{name}");
        }
    }

    #[test]
    fn strict_email_makes_a_new_contact() {
        let mut question = ask(Some("new@x.no"), None, Some("+4790000000"), known(B, Some("b@x.no")));
        question.strict_email = true;
        let decision = decide(&question);
        assert_eq!(decision.target, Target::New);
        assert_eq!(decision.withhold, Some(Field::MobilePhone));
        assert_eq!(decision.conflict, Some(Conflict::Contact(B)));
        let mut values = Values::new();
        values.put_text(Field::MobilePhone, Some("+4790000000"));
        decision.withhold_from(&mut values);
        assert_eq!(values.text(Field::MobilePhone), None);
        assert_eq!(values.text(Field::Phone), Some("+4790000000"));
    }
}
