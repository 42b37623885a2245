//! What a client looks up: statuses, priorities, trackers, projects, categories, custom fields, roles, itself.

use serde_json::{Map, Value, json};

use super::site::{
    CATEGORIES, LABEL_VALUES, NORMAL, PEOPLE, PRIORITIES, PROJECTS, STATUSES, TRACKERS, User,
};
use super::{Redmine, denied, json_reply, not_found, site, unauthorized};
use crate::reply::Reply;
use crate::vendors::call::{Call, object};

impl Redmine {
    pub(super) fn lookup(&self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let date = call.date.utc();
        let body = match *call.segments {
            ["issue_statuses.json"] => {
                let statuses = STATUSES.iter().filter_map(|(id, ..)| site::status(*id));
                json!({ "issue_statuses": statuses.collect::<Vec<_>>() })
            }
            ["enumerations", "issue_priorities.json"] => {
                let priorities = PRIORITIES.iter().map(|(id, name)| {
                    json!({ "id": id, "name": name, "is_default": *id == NORMAL, "active": true })
                });
                json!({ "issue_priorities": priorities.collect::<Vec<_>>() })
            }
            ["trackers.json"] => {
                json!({ "trackers": TRACKERS.map(|(id, name)| tracker(id, name)) })
            }
            ["projects.json"] => {
                let seen = PROJECTS.iter().filter(|(id, ..)| may_see(*id, user));
                let projects: Vec<_> = seen.map(|known| project(known, &date)).collect();
                json!({ "projects": projects, "total_count": projects.len(), "offset": 0, "limit": 25 })
            }
            ["projects", name, "issue_categories.json"] => match site::project_id(name) {
                Some(id) if !may_see(id, user) => return denied(user),
                Some(id) => {
                    let categories = CATEGORIES.iter().map(|(category, name)| {
                        json!({ "id": category, "project": site::project(id), "name": name })
                    });
                    let categories: Vec<_> = categories.collect();
                    json!({ "issue_categories": categories, "total_count": categories.len() })
                }
                None => return not_found(),
            },
            ["projects", name] => {
                let id = name.strip_suffix(".json").and_then(site::project_id);
                match PROJECTS.iter().find(|(known, ..)| Some(*known) == id) {
                    Some((id, ..)) if !may_see(*id, user) => return denied(user),
                    Some(known) => {
                        let mut project = object(project(known, &date));
                        // A list does not have it.
                        project.insert("homepage".into(), "".into());
                        json!({ "project": project })
                    }
                    None => return not_found(),
                }
            }
            ["custom_fields.json"] => match user {
                Some(user) if user.is_admin => custom_fields(),
                user => return denied(user),
            },
            ["users.json"] => match user {
                Some(user) if user.is_admin => users(call, &date),
                user => return denied(user),
            },
            ["users", "current.json"] => match user {
                Some(user) => json!({ "user": current_user(user, call, &date) }),
                None => return unauthorized(),
            },
            ["roles", name] => match role(name, self.reporter_edits) {
                Some(role) => json!({ "role": role }),
                None => return not_found(),
            },
            _ => return not_found(),
        };
        json_reply(200, &body)
    }
}

/// The users whose login, name or any address has the text, of one status or of all.
fn users(call: &Call<'_>, date: &str) -> Value {
    let name = call.parameter("name").unwrap_or_default().to_lowercase();
    let status = call.parameter("status");
    let status = status.unwrap_or_else(|| "1".to_owned());
    let number = |name: &str| call.parameter(name).and_then(|text| text.parse().ok());
    let offset = number("offset").unwrap_or(0);
    let limit = number("limit")
        .filter(|limit| *limit > 0)
        .unwrap_or(25)
        .min(100);
    let has = |text: &str| text.to_lowercase().contains(&name);
    let found = PEOPLE.iter().filter(|person| {
        let is_named = name.split_whitespace().all(|token| {
            [person.first_name, person.last_name]
                .iter()
                .any(|name| name.to_lowercase().contains(token))
        });
        let is_found = has(person.login)
            || has(person.mail)
            || person.further_mails.iter().any(|mail| has(mail))
            || is_named;
        is_found && (status.is_empty() || status == person.status.to_string())
    });
    let found: Vec<Value> = found
        .map(|person| {
            json!({
                "id": person.id, "login": person.login, "admin": person.id == 1,
                "firstname": person.first_name, "lastname": person.last_name, "mail": person.mail,
                "created_on": date, "updated_on": date, "last_login_on": null,
                "passwd_changed_on": null, "twofa_scheme": null,
            })
        })
        .collect();
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    json!({ "users": page, "total_count": total, "offset": offset, "limit": limit })
}

pub(super) fn may_see(project: u64, user: Option<&User>) -> bool {
    project != site::PRIVATE_PROJECT || user.is_some_and(|user| user.is_admin)
}

fn tracker(id: u64, name: &str) -> Value {
    json!({
        "id": id, "name": name, "default_status": { "id": 1, "name": "New" }, "description": null,
        "enabled_standard_fields": [
            "assigned_to_id", "category_id", "fixed_version_id", "parent_issue_id", "start_date",
            "due_date", "estimated_hours", "done_ratio", "description",
        ],
    })
}

fn project((id, name, identifier): &(u64, &str, &str), date: &str) -> Value {
    json!({
        "id": id, "name": name, "identifier": identifier, "description": null, "status": 1,
        "is_public": *id != site::PRIVATE_PROJECT, "inherit_members": false, "created_on": date,
        "updated_on": date,
    })
}

fn custom_fields() -> Value {
    let values = LABEL_VALUES.map(|value| json!({ "value": value, "label": value }));
    let trackers = TRACKERS.map(|(id, name)| site::named(id, name));
    json!({ "custom_fields": [
        {
            "id": site::ORDER, "name": "Order", "customized_type": "issue",
            "field_format": "string", "regexp": "", "min_length": null, "max_length": null,
            "trackers": trackers, "roles": [], "is_required": false, "is_filter": true, "searchable": true,
            "multiple": false, "default_value": null, "visible": true,
        },
        {
            "id": site::LABELS, "name": "Labels", "customized_type": "issue",
            "field_format": "list", "regexp": "", "min_length": null, "max_length": null,
            "trackers": trackers, "roles": [], "is_required": false, "is_filter": true, "searchable": false,
            "multiple": true, "default_value": null, "visible": true, "possible_values": values,
        },
    ] })
}

fn current_user(user: &User, call: &Call<'_>, date: &str) -> Map<String, Value> {
    let mut body = object(json!({
        "id": user.id, "login": user.login, "admin": user.is_admin,
        "firstname": user.first_name, "lastname": user.last_name, "created_on": date,
        "updated_on": date, "last_login_on": date, "passwd_changed_on": date,
        "twofa_scheme": null, "api_key": user.key,
    }));
    if user.is_admin {
        body.insert("mail".into(), json!("admin@example.net"));
        body.insert("status".into(), json!(1));
    }
    if call.parameter("include").as_deref() == Some("memberships") {
        let (role, name) = user.role();
        let memberships = json!([{
            "id": user.id, "project": site::project(1), "roles": [{ "id": role, "name": name }],
        }]);
        body.insert("memberships".into(), memberships);
    }
    body
}

/// A role. Its permissions are those that concern tickets.
fn role(name: &str, reporter_edits: bool) -> Option<Value> {
    let id = name.strip_suffix(".json")?;
    let user = site::USERS
        .iter()
        .find(|user| user.role().0.to_string() == id)?;
    let (id, name) = user.role();
    let mut permissions = vec!["view_issues", "add_issues"];
    if user.is_admin || reporter_edits {
        permissions.push("edit_issues");
    }
    if user.is_admin || !reporter_edits {
        permissions.push("add_issue_notes");
    }
    if user.is_admin {
        permissions.extend([
            "manage_subtasks",
            "set_issues_private",
            "set_notes_private",
            "view_private_notes",
            "delete_issues",
        ]);
    }
    let seen = if user.is_admin { "all" } else { "default" };
    Some(json!({
        "id": id, "name": name, "assignable": true, "issues_visibility": seen,
        "time_entries_visibility": "all", "users_visibility": "all", "permissions": permissions,
    }))
}
