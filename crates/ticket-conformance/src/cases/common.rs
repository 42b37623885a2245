//! Helpers for several modules: all faults, the errors that they cause, and other forms of an id.

use ticket_core::{Error, Operation};

use crate::fault::Fault;
use crate::harness::{CaseResult, Harness, fail};

/// Every fault of a request that reaches the vendor.
pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::ConnectionReset,
        Fault::LostResponse,
        Fault::Status(400),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(500),
        Fault::StatusAfterEffect(500),
        Fault::StatusAfterEffect(503),
        Fault::RateLimited { retry_after: None },
        Fault::Malformed,
        Fault::Truncated,
        Fault::Empty,
        Fault::WebPage { status: 200 },
        Fault::WebPage { status: 502 },
        Fault::WrongTypes,
        Fault::Oversized,
    ]
}

/// The declared operations whose replies show this fault.
pub(super) fn shown_by(
    harness: &Harness,
    among: fn(Operation) -> bool,
    fault: &Fault,
) -> CaseResult<Vec<Operation>> {
    let opaque = harness.fixture.operations_with_opaque_replies();
    let mut operations: Vec<Operation> = harness.declared(among)?.into_iter().collect();
    operations.retain(|operation| !fault.damages_the_body() || !opaque.contains(operation));
    Ok(operations)
}

/// The error of each declared operation with this fault.
pub(super) async fn errors_of(
    harness: &Harness,
    among: fn(Operation) -> bool,
    fault: &Fault,
) -> CaseResult<Vec<(Operation, Error)>> {
    let mut subjects = Vec::new();
    for operation in shown_by(harness, among, fault)? {
        subjects.push((operation, harness.ticket_for(operation).await?));
    }
    let mut errors = Vec::new();
    for (index, (operation, id)) in subjects.into_iter().enumerate() {
        // It stays until `restore_connections`.
        let stays = *fault == Fault::NoConnection;
        if index == 0 || !stays {
            harness.inject(operation, fault.clone()).await?;
        }
        if index == 0 && stays {
            // A first call may meet a connection that is just being closed, and is lost instead.
            _ = harness.call_on(operation, &id).await?;
        }
        match harness.call_on(operation, &id).await? {
            Err(error) => errors.push((operation, error)),
            Ok(()) => {
                return fail(
                    format!("`{operation}` was called, with {fault:?}"),
                    "an error",
                    "success",
                );
            }
        }
    }
    Ok(errors)
}

/// What spreadsheets, mail programs and people make of this id.
pub(super) fn other_forms(id: &str) -> Vec<String> {
    let full_width = id.chars().map(|c| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    });
    let (first, rest) = id.split_at(id.chars().next().map_or(0, char::len_utf8));
    vec![
        "1.23E+07".to_owned(),
        format!("{id}E0"),
        format!("{id};Spam"),
        format!("{id} Spam"),
        format!("{id}-{id}"),
        format!("-{id}"),
        format!("'{id}"),
        format!("#{id}"),
        format!("{id}.00"),
        format!("{id}\u{a0}"),
        format!("\u{feff}{id}"),
        format!("{first}\u{200b}{rest}"),
        full_width.collect(),
        "1".repeat(21),
    ]
}
