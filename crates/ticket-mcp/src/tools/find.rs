//! `find`: tickets of several accounts, page by page.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Outcome;
use crate::answer::{Answer, Fields, Set as _};
use crate::refusal::Refusal;
use crate::row;
use crate::search::{Criteria, Next, Search};
use crate::shared::Shared;

/// How many tickets an answer has at most, and how many unless another number is asked for.
const MOST: u64 = 50;
const USUAL: u64 = 20;

/// How long one call searches.
const TIME: Duration = Duration::from_secs(20);

pub(super) async fn run(shared: &Shared, mut arguments: Fields) -> Outcome {
    let limit = match arguments.remove("limit") {
        None | Some(Value::Null) => USUAL,
        Some(limit) => limit
            .as_u64()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| Refusal::input(format!("limit is a number from 1 to {MOST}")))?,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut search = match arguments.remove("cursor") {
        None | Some(Value::Null) => {
            let mut search = Search::begin(&Criteria::read(arguments.clone())?, &shared.scope)?;
            search.asked = arguments;
            search
        }
        Some(cursor) => go_on(shared, &cursor, &arguments)?,
    };
    let until = Instant::now() + TIME;
    let mut answer = Answer::new(Fields::new());
    let is_over = loop {
        if answer.len() == limit {
            break false;
        }
        match search.next(until).await {
            Next::End => break true,
            Next::Later => break false,
            Next::Found(account, ticket) => {
                if !answer.push(row::slim(&account, &ticket).into()) {
                    search.hold(account, *ticket);
                    break false;
                }
            }
        }
    };
    let mut answer = answer.finish("tickets");
    search.tell(&mut answer);
    if !is_over {
        let cursor = shared.searches.keep(search)?;
        answer.set("next", cursor);
    }
    Ok(answer.into())
}

/// The search of a cursor, which may be given with the criteria that it had.
fn go_on(shared: &Shared, cursor: &Value, arguments: &Fields) -> Result<Search, Refusal> {
    let unknown = || Refusal::input("this cursor was used or is too old; search again without one");
    let cursor = cursor.as_str().ok_or_else(unknown)?;
    let search = shared.searches.take(cursor).ok_or_else(unknown)?;
    if arguments.is_empty() || *arguments == search.asked {
        return Ok(search);
    }
    Err(Refusal::input(
        "a cursor goes on with the search that it is of; leave the criteria out",
    ))
}
