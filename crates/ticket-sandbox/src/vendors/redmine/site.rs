//! What the Redmine of the sandbox is set up with: the default data, one public and one private project, two custom
//! fields, a manager and a reporter.

use serde_json::{Value, json};

use crate::credentials;

/// A person who can sign in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) key: &'static str,
    password: &'static str,
    /// Whether the user has all rights. Otherwise the user files tickets and writes public notes in the public
    /// project, and nothing else.
    pub(super) is_admin: bool,
}

pub(super) const USERS: [User; 2] = [
    User {
        id: 1,
        login: credentials::REDMINE_LOGIN,
        first_name: "Redmine",
        last_name: "Admin",
        key: credentials::REDMINE_API_KEY,
        password: credentials::REDMINE_PASSWORD,
        is_admin: true,
    },
    User {
        id: 5,
        login: "agent",
        first_name: "Ann",
        last_name: "Agent",
        key: credentials::REDMINE_AGENT_API_KEY,
        password: "sandbox-redmine-agent-password",
        is_admin: false,
    },
];

/// Somebody whom tickets name: an id, a login, a first and a last name, the address, and further ones that no reply
/// shows.
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) login: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) mail: &'static str,
    pub(super) further_mails: &'static [&'static str],
    /// 1: active. 3: locked.
    pub(super) status: u64,
}

const fn person(
    id: u64,
    login: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    mail: &'static str,
) -> Person {
    Person {
        id,
        login,
        first_name,
        last_name,
        mail,
        further_mails: &[],
        status: 1,
    }
}

/// All users.
pub(super) const PEOPLE: [Person; 6] = [
    person(
        1,
        credentials::REDMINE_LOGIN,
        "Redmine",
        "Admin",
        "admin@example.net",
    ),
    person(5, "agent", "Ann", "Agent", "agent@example.net"),
    Person {
        status: 3,
        ..person(6, "ann", "Ann", "Example", "Ann@Example.com")
    },
    person(7, "joann", "Jo Ann", "Example", "joann@example.net"),
    person(8, "eve", "Eve", "Example", "dora@example.com.evil.example"),
    Person {
        further_mails: &["bob@example.org"],
        ..person(9, "bob", "Bob", "Example", "bob@example.com")
    },
];

impl User {
    /// `{"id", "name"}`, as tickets name a user.
    pub(super) fn named(&self) -> Value {
        named(self.id, &format!("{} {}", self.first_name, self.last_name))
    }

    pub(super) fn by_key(key: &str) -> Option<&'static Self> {
        USERS.iter().find(|user| user.key == key)
    }

    pub(super) fn by_login(login: &str) -> Option<&'static Self> {
        USERS.iter().find(|user| user.login == login)
    }

    pub(super) fn by_password(login: &str, password: &str) -> Option<&'static Self> {
        Self::by_login(login).filter(|user| user.password == password)
    }

    pub(super) fn by_id(id: u64) -> Option<&'static Self> {
        USERS.iter().find(|user| user.id == id)
    }

    /// The role in the public project.
    pub(super) fn role(&self) -> (u64, &'static str) {
        if self.is_admin {
            (3, "Manager")
        } else {
            (5, "Reporter")
        }
    }
}

pub(super) const PRIVATE_PROJECT: u64 = 2;
pub(super) const PROJECTS: [(u64, &str, &str); 2] = [
    (1, "Support", "support"),
    (PRIVATE_PROJECT, "Private", "private"),
];
pub(super) const TRACKERS: [(u64, &str); 3] = [(1, "Bug"), (2, "Feature"), (3, "Support")];
pub(super) const NEW: u64 = 1;
pub(super) const CLOSED: u64 = 5;
pub(super) const STATUSES: [(u64, &str, bool); 6] = [
    (NEW, "New", false),
    (2, "In Progress", false),
    (3, "Resolved", false),
    (4, "Feedback", false),
    (CLOSED, "Closed", true),
    (6, "Rejected", true),
];
pub(super) const NORMAL: u64 = 2;
pub(super) const PRIORITIES: [(u64, &str); 5] = [
    (1, "Low"),
    (NORMAL, "Normal"),
    (3, "High"),
    (4, "Urgent"),
    (5, "Immediate"),
];
pub(super) const CATEGORIES: [(u64, &str); 1] = [(1, "Billing")];
/// The id of a custom field that holds one text.
pub(super) const ORDER: u64 = 1;
/// The id of a custom field that holds any number of these values.
pub(super) const LABELS: u64 = 2;
pub(super) const LABEL_VALUES: [&str; 2] = ["vip", "late"];

pub(super) fn named(id: u64, name: &str) -> Value {
    json!({ "id": id, "name": name })
}

/// The entry with this id, as tickets name it.
pub(super) fn entry(list: &[(u64, &str)], id: u64) -> Option<Value> {
    let known = list.iter().find(|(known, _)| *known == id);
    known.map(|(id, name)| named(*id, name))
}

pub(super) fn project(id: u64) -> Option<Value> {
    let known = PROJECTS.iter().find(|(known, ..)| *known == id);
    known.map(|(id, name, _)| named(*id, name))
}

/// The id of a project, named by its id or its identifier.
pub(super) fn project_id(name: &str) -> Option<u64> {
    let mut projects = PROJECTS.iter();
    let known = projects.find(|(id, _, identifier)| *identifier == name || id.to_string() == name);
    known.map(|(id, ..)| *id)
}

pub(super) fn status(id: u64) -> Option<Value> {
    let known = STATUSES.iter().find(|(known, ..)| *known == id);
    known.map(|(id, name, closed)| json!({ "id": id, "name": name, "is_closed": closed }))
}

/// The status, priority, tracker or category of this name, as tickets name it; one that the site does not list has an id
/// of its own. `None` for other fields of tickets.
pub(super) fn by_name(field: &str, name: &str) -> Option<Value> {
    const UNLISTED: u64 = 99;
    let list: &[(u64, &str)] = match field {
        "status" => {
            let known = STATUSES.iter().find(|(_, known, _)| *known == name);
            let unlisted = json!({ "id": UNLISTED, "name": name, "is_closed": false });
            return Some(known.and_then(|(id, ..)| status(*id)).unwrap_or(unlisted));
        }
        "priority" => &PRIORITIES,
        "tracker" => &TRACKERS,
        "category" => &CATEGORIES,
        _ => return None,
    };
    let known = list.iter().find(|(_, known)| *known == name);
    Some(named(known.map_or(UNLISTED, |(id, _)| *id), name))
}

pub(super) fn custom_fields() -> Value {
    json!([
        { "id": ORDER, "name": "Order", "value": null },
        { "id": LABELS, "name": "Labels", "multiple": true, "value": [] },
    ])
}
