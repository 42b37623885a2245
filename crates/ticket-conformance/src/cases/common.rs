//! Helpers for several modules: all faults, and the errors that they cause.

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
        // This fault stays until `restore_connections`.
        if index == 0 || *fault != Fault::NoConnection {
            harness.inject(operation, fault.clone()).await?;
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
