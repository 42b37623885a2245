//! What a fault does to the desk's reply.

use serde_json::{Value, json};
use ticket_conformance::{Fault, OddId, OddRow, WrongTotal};

use crate::desk::{Broken, Reply, error, plain};

/// Whether the desk carries out a call with this fault.
pub(crate) fn acts(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::LostResponse
            | Fault::StatusAfterEffect(_)
            | Fault::Truncated
            | Fault::Empty
            | Fault::WrongTypes
            | Fault::Oversized
            | Fault::NeverAnswers
            | Fault::NeverEnds
            | Fault::UnconfirmedStatus(_)
            | Fault::ErrorInSuccess
            | Fault::NamesNoTicket
            | Fault::OtherWord
            | Fault::Gzip
            | Fault::OddRow(_)
            | Fault::WrongTotal(_)
            | Fault::OddId(_)
            | Fault::AboutAnother { .. }
    )
}

/// The reply with this fault. `None` if no reply ever comes.
pub(crate) fn faulted(fault: Option<Fault>, mut reply: Reply) -> Option<Result<Reply, Broken>> {
    let Some(fault) = fault else {
        return Some(Ok(reply));
    };
    Some(Ok(match fault {
        Fault::ConnectionReset | Fault::LostResponse => return Some(Err(Broken::Lost)),
        Fault::Status(status) | Fault::StatusAfterEffect(status) => error(status, "no"),
        Fault::RateLimited { retry_after } => Reply {
            retry_after: retry_after.map(|wait| wait.as_secs().to_string()),
            ..error(429, "too many calls")
        },
        Fault::RetryAfter(value) => Reply {
            retry_after: Some(value),
            ..error(429, "too many calls")
        },
        Fault::Words { status, words } => error(status, &words),
        Fault::Malformed => plain(200, "[\"what is this\"".to_owned()),
        Fault::Truncated => {
            reply.body.truncate(reply.body.len() / 2);
            reply
        }
        Fault::Empty => plain(200, String::new()),
        Fault::WebPage { status } => plain(status, "<html>Sign in</html>".to_owned()),
        Fault::WrongTypes => changed(reply, swap),
        Fault::Oversized => {
            reply.body.push_str(&" ".repeat(100_000));
            reply
        }
        Fault::NamesNoTicket => changed(reply, |body| {
            body["deleted"] = json!([]);
            body["missing"] = json!([]);
        }),
        Fault::OtherWord => changed(reply, |body| body["result"] = json!("queued")),
        Fault::NeverAnswers => return None,
        Fault::NeverEnds => Reply {
            never_ends: true,
            ..reply
        },
        Fault::Redirect { status } => plain(status, "/elsewhere".to_owned()),
        Fault::UnconfirmedStatus(status) => Reply { status, ..reply },
        Fault::ErrorInSuccess => error(200, "it did not work"),
        Fault::Gateway(gateway) => plain(gateway.status(), gateway.body().to_owned()),
        Fault::Gzip => Reply {
            coding: Some("gzip"),
            body: "\u{1f}\u{fffd}".to_owned(),
            ..reply
        },
        Fault::OddRow(odd) => {
            let mut reply = changed(reply, |body| row(&mut body["tickets"], odd));
            reply.body = reply.body.replace(PLACEHOLDER, r"\ud83d");
            reply
        }
        Fault::WrongTotal(wrong) => changed(reply, |body| {
            let rows = body["tickets"].as_array().map_or(0, Vec::len) as u64;
            let total = body["total"].as_u64().unwrap();
            body["total"] = json!(match wrong {
                WrongTotal::PageSize => rows,
                WrongTotal::Zero => 0,
                WrongTotal::TooSmall => total / 2,
                WrongTotal::TooLarge => total + 7,
                other => panic!("the desk does not know {other:?}"),
            });
        }),
        Fault::OddId(odd) => changed(reply, |body| id(&mut body["deleted"], odd)),
        Fault::AboutAnother { .. } => reply,
        other => panic!("the desk does not know {other:?}"),
    }))
}

/// A character in place of half of a surrogate pair, which JSON values cannot hold.
const PLACEHOLDER: &str = "\u{f8ff}";

fn row(rows: &mut Value, odd: OddRow) {
    let rows = rows.as_array_mut().unwrap();
    let middle = rows.len() / 2;
    match odd {
        OddRow::LoneSurrogate => {
            let subject = rows[middle]["subject"].as_str().unwrap();
            rows[middle]["subject"] = json!(format!("{subject}{PLACEHOLDER}"));
        }
        OddRow::EmptyDate => rows[middle]["created"] = json!(""),
        OddRow::YearOneDate => rows[middle]["created"] = json!("0001-01-01T00:00:00"),
        OddRow::NumberDate => rows[middle]["created"] = json!(1_737_885_600_000_u64),
        OddRow::ZonelessDate => rows[middle]["created"] = json!("2025-01-26T10:00:00"),
        OddRow::MissingId => _ = rows[middle].as_object_mut().unwrap().remove("id"),
        OddRow::NullId => rows[middle]["id"] = Value::Null,
        OddRow::Null => rows[middle] = Value::Null,
        OddRow::Repeated => rows[middle] = rows[0].clone(),
        other => panic!("the desk does not know {other:?}"),
    }
}

fn id(ids: &mut Value, odd: OddId) {
    // The reply to a delete that is only accepted names none.
    let Some(ids) = ids.as_array_mut() else {
        return;
    };
    let first = || ids[0].as_str().unwrap().parse::<u64>().unwrap();
    match odd {
        OddId::Null => ids[0] = Value::Null,
        OddId::Float => ids[0] = json!(ids[0].as_str().unwrap().parse::<f64>().unwrap()),
        OddId::OtherType => ids[0] = json!(first()),
        OddId::Missing => _ = ids.remove(0),
        OddId::Unasked => ids.push(json!(OddId::UNASKED.to_string())),
        other => panic!("the desk does not know {other:?}"),
    }
}

/// The reply with its JSON changed; other bodies stay as they are.
fn changed(mut reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    if let Ok(mut json) = serde_json::from_str(&reply.body) {
        change(&mut json);
        reply.body = json.to_string();
    }
    reply
}

fn swap(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::String(text) => *value = text.len().into(),
        Value::Array(items) => items.iter_mut().for_each(swap),
        Value::Object(fields) => fields.values_mut().for_each(swap),
        _ => {}
    }
}
