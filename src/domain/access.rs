//! Who may do what to which contacts (OnceHub reference 1.10: permissions). The decision is made here and nowhere else;
//! `store` asks it before every read and write, so that screen, command line and HTTP are held to the same answer.
//!
//! This keeps honest people out of each other's way. It is no protection of the data: whoever can write the database
//! file can do everything.
//!
//! | role | view, edit, status | merge | assign | delete, import, trash | fields, users, hooks, deliveries, erasure |
//! |---|---|---|---|---|---|
//! | administrator | all | all | to anybody | yes | yes |
//! | team manager | own and the team's | if both are in reach | within the team | no | no |
//! | member | own | if both are own | no | no | no |

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a user may do (OnceHub: roles).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    #[default]
    Administrator,
    /// What concerns the team.
    TeamManager,
    /// What concerns the user.
    Member,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::TeamManager, Self::Member];

    /// The word in the store, in the configuration and on the command line.
    pub fn key(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::TeamManager => "team_manager",
            Self::Member => "member",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::TeamManager => "team manager",
            Self::Member => "member",
        }
    }

    /// Finds it by its key; blanks and hyphens are as good as underscores.
    pub fn parse(key: &str) -> Option<Self> {
        let key = key.trim().to_lowercase().replace([' ', '-'], "_");
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Who acts: what the history calls them, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// An email, a login name, or the name of a program.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their number among the users; `None`: not known there, so nothing is their own.
    pub user: Option<i64>,
    /// The users whose contacts a team manager reaches, their own number among them.
    pub team: Vec<i64>,
}

impl Actor {
    /// Somebody, or some program, who may do everything.
    pub fn administrator(name: impl Into<String>) -> Self {
        Self { name: name.into(), role: Role::Administrator, user: None, team: Vec::new() }
    }

    /// The owners whose contacts the actor may see and edit; `None`: everybody's, and those of nobody.
    pub fn reach(&self) -> Option<Vec<i64>> {
        match self.role {
            Role::Administrator => None,
            Role::TeamManager => Some(self.team.iter().copied().chain(self.user).collect()),
            Role::Member => Some(self.user.into_iter().collect()),
        }
    }

    /// True if a contact of this owner is in reach.
    pub fn reaches(&self, owner: Option<i64>) -> bool {
        self.reach().is_none_or(|owners| owner.is_some_and(|owner| owners.contains(&owner)))
    }

    /// Whether the actor may do something to contacts of these owners (all of them).
    pub fn may(&self, action: Action, owners: &[Option<i64>]) -> Result<(), Denied> {
        let reached = || owners.iter().all(|owner| self.reaches(*owner));
        let allowed = match (self.role, action) {
            (Role::Administrator, _) => true,
            (Role::TeamManager | Role::Member, Action::View | Action::Edit | Action::Merge | Action::Create)
            | (Role::TeamManager, Action::Assign) => reached(),
            _ => false,
        };
        if allowed {
            return Ok(());
        }
        let never = match action {
            Action::View | Action::Edit | Action::Merge | Action::Create => false,
            Action::Assign => self.role == Role::Member,
            _ => true,
        };
        Err(Denied { action, role: self.role, by_role: never })
    }
}

/// Something that a role allows or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See contacts.
    View,
    /// Change fields or status, mark as read, dismiss a possible duplicate.
    Edit,
    /// Make a contact by hand; the maker owns it, if they own anything.
    Create,
    /// Make one contact of two.
    Merge,
    /// Give contacts an owner.
    Assign,
    /// Delete contacts.
    Delete,
    /// Import a file, or take an import back.
    Import,
    /// Put activities into the trash, restore and purge them.
    Trash,
    /// Define custom fields.
    Fields,
    /// Users, teams, roles and API keys.
    Users,
    /// See, repeat and leave out events that go to other programs.
    Hooks,
    /// See payloads as they came in, whoever they are about.
    Deliveries,
    /// Forget a person wherever they stand.
    Erase,
}

impl Action {
    /// "may not …"
    pub fn label(self) -> &'static str {
        match self {
            Self::View => "see this contact",
            Self::Edit => "change this contact",
            Self::Create => "make contacts for others",
            Self::Merge => "merge these contacts",
            Self::Assign => "assign these contacts",
            Self::Delete => "delete contacts",
            Self::Import => "import contacts",
            Self::Trash => "use the trash",
            Self::Fields => "define fields",
            Self::Users => "manage users",
            Self::Hooks => "see what other programs are told",
            Self::Deliveries => "see what came in, as it came",
            Self::Erase => "erase people",
        }
    }
}

/// The role does not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {role} may not {}{}", .action.label(), if *.by_role { "" } else { ": not every owner is in reach" })]
pub struct Denied {
    /// What was asked for.
    pub action: Action,
    /// The role of who asked.
    pub role: Role,
    /// True if the role never allows it; false if it does for other contacts.
    pub by_role: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: i64 = 1;
    const MATE: i64 = 2;
    const OTHER: i64 = 3;

    fn actor(role: Role) -> Actor {
        Actor { name: "me@x.test".into(), role, user: Some(ME), team: vec![ME, MATE] }
    }

    /// OnceHub reference 1.10, row by row: view and edit, merge, delete, import.
    #[test]
    fn the_permission_table_holds() {
        let (me, mate, other, nobody) = (Some(ME), Some(MATE), Some(OTHER), None);
        for (role, reached) in [
            (Role::Administrator, vec![me, mate, other, nobody]),
            (Role::TeamManager, vec![me, mate]),
            (Role::Member, vec![me]),
        ] {
            let actor = actor(role);
            for owner in [me, mate, other, nobody] {
                let allowed = reached.contains(&owner);
                for action in [Action::View, Action::Edit] {
                    assert_eq!(actor.may(action, &[owner]).is_ok(), allowed, "{role} {action:?} {owner:?}");
                }
                for second in [me, mate, other, nobody] {
                    let both = allowed && reached.contains(&second);
                    assert_eq!(actor.may(Action::Merge, &[owner, second]).is_ok(), both, "{role} {owner:?} {second:?}");
                }
                let administrator = role == Role::Administrator;
                let others = [Action::Fields, Action::Deliveries, Action::Erase];
                for action in [Action::Delete, Action::Import, Action::Trash].into_iter().chain(others) {
                    assert_eq!(actor.may(action, &[owner]).is_ok(), administrator, "{role} {action:?}");
                }
            }
        }
    }

    #[test]
    fn members_do_not_assign_and_managers_only_within_their_team() {
        assert!(actor(Role::Member).may(Action::Assign, &[Some(ME)]).unwrap_err().by_role);
        assert!(actor(Role::TeamManager).may(Action::Assign, &[Some(ME), Some(MATE)]).is_ok());
        let denied = actor(Role::TeamManager).may(Action::Assign, &[Some(OTHER)]).unwrap_err();
        assert!(!denied.by_role, "{denied}");
    }

    #[test]
    fn who_is_no_user_reaches_nothing() {
        let stranger = Actor { user: None, team: Vec::new(), ..actor(Role::Member) };
        assert!(!stranger.reaches(None) && !stranger.reaches(Some(ME)));
        assert_eq!(stranger.reach(), Some(Vec::new()));
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.key()), Some(role));
            assert_eq!(Role::parse(role.label()), Some(role));
        }
        assert_eq!(Role::parse("owner"), None);
    }
}
