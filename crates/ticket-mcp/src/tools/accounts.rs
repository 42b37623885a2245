//! `accounts`: what can be reached, what it can do, and what this server allows.

use serde_json::{Value, json};
use tickets::{AccountSource as _, Operation};

use super::{Cursor, Outcome, read};
use crate::answer::{Answer, Fields, Set as _, fields};
use crate::policy::Deletes;
use crate::refusal::Refusal;
use crate::shared::Shared;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    cursor: Option<Cursor>,
}

pub(super) fn run(shared: &Shared, arguments: Fields) -> Outcome {
    let Arguments { cursor } = read(arguments)?;
    let from = cursor.map_or(0, |Cursor(place)| place);
    let policy = &shared.policy;
    let mut head = Fields::new();
    let deletes = match policy.deletes {
        _ if policy.read_only => "this server is read-only",
        Deletes::Off => "nobody can plan deletes here",
        Deletes::Plan => "plan, then a person confirms in a terminal",
        Deletes::Ask => "plan, then job_confirm asks the person in front of you",
    };
    head.set(
        "server",
        json!({
            "deletes": deletes,
            "writes": policy.allow_writes && !policy.read_only,
            "max_per_plan": policy.max_per_plan,
        }),
    );
    let mut answer = Answer::new(head);
    let names = shared.scope.names();
    for (place, name) in names
        .iter()
        .enumerate()
        .skip(usize::try_from(from).unwrap_or(usize::MAX))
    {
        if !answer.push(account(shared, name)) {
            let mut answer = answer.finish("accounts");
            answer.set("next", place.to_string());
            return Ok(answer.into());
        }
    }
    Ok(answer.finish("accounts").into())
}

/// An account, or why it cannot be used.
fn account(shared: &Shared, name: &str) -> Value {
    let known = shared
        .scope
        .reader(name)
        .and_then(|tickets| Ok((tickets, shared.scope.facts(name)?)));
    let (tickets, facts) = match known {
        Ok(known) => known,
        Err(error) => {
            let mut unusable = fields(Refusal::from(error).json());
            unusable.set("account", name);
            return unusable.into();
        }
    };
    let info = tickets.info();
    let operations: Vec<_> = info
        .capabilities
        .operations()
        .map(Operation::as_str)
        .collect();
    let limits = tickets.limits().iter().flat_map(|limit| &limit.windows);
    let quota: Vec<_> = limits.map(ToString::to_string).collect();
    let mut account = fields(json!({
        "account": name,
        "provider": info.title,
        "host": facts.host,
        "read_only": facts.read_only,
        "can": operations,
        "quota": quota,
    }));
    if let Some(most) = facts.max_delete {
        account.set("max_delete", most);
    }
    if let Some(delete) = info.capabilities.support(Operation::Delete) {
        account.set("delete", super::removal(delete.removal));
        if !delete.takes_along.is_empty() {
            account.set("delete_takes_along", json!(delete.takes_along));
        }
    }
    account.into()
}
