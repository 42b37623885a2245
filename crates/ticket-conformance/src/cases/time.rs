//! Timeouts, dropped calls, calls at the same time: nothing is left behind, nothing gets mixed up.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, Operation, PageRequest, TicketId, TicketQuery,
};

use crate::fault::Fault;
use crate::lab::{Lab, Tried, any, ensure, fail, said, told};

pub(crate) async fn no_answer_is_a_timeout(lab: &Lab) -> Tried {
    times_out(lab, &Fault::NeverAnswers).await
}

pub(crate) async fn an_endless_reply_is_a_timeout(lab: &Lab) -> Tried {
    times_out(lab, &Fault::NeverEnds).await
}

async fn times_out(lab: &Lab, fault: &Fault) -> Tried {
    let provider = lab.impatient_provider()?;
    for operation in lab.declared(any)? {
        let id = lab.subject_of(operation).await?;
        lab.inject(fault.clone()).await?;
        let (result, _) = lab.shown_call(&*provider, operation, &id).await?;
        let effect = if operation.is_write() {
            Effect::Unknown
        } else {
            Effect::None
        };
        let right = result
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Timeout && error.effect() == effect);
        ensure(
            right,
            format!("`{operation}` was called, with {fault:?}"),
            format!("timeout of effect {effect}"),
            said(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn calls_not_polled_send_nothing(lab: &Lab) -> Tried {
    for operation in lab.declared(any)? {
        let id = lab.subject_of(operation).await?;
        let before = lab.journal()?.len();
        begin(lab, operation, &id)?;
        settle().await;
        let seen = lab.journal()?.len() - before;
        ensure(
            seen == 0,
            format!("`{operation}` was dropped before it began"),
            "no request",
            format!("{seen} requests"),
        )?;
    }
    Ok(())
}

/// Gives whatever is left of a dropped call the time to go on.
async fn settle() {
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Makes the operation's future and drops it, without a poll.
fn begin(lab: &Lab, operation: Operation, id: &TicketId) -> Tried {
    let provider = &lab.provider;
    match operation {
        Operation::Get => drop(provider.get(&CallContext::new(), id)),
        Operation::List => drop(provider.list(&CallContext::new(), &TicketQuery::new())),
        Operation::Create => drop(provider.create(&CallContext::new(), &lab.new_ticket()?)),
        Operation::Update => drop(provider.update(&CallContext::new(), id, &lab.patch()?)),
        Operation::Resolve => drop(provider.resolve(&CallContext::new(), id)),
        Operation::Delete => drop(provider.delete(&CallContext::new(), &[DeleteTarget::from(id)])),
        Operation::Messages => {
            drop(provider.messages(&CallContext::new(), id, &PageRequest::first()));
        }
        Operation::Comment => drop(provider.comment(
            &CallContext::new(),
            id,
            &lab.comment("Written by the suite")?,
        )),
        _ => {}
    }
    Ok(())
}

/// Starts the call, waits until the vendor has seen it, and drops it.
async fn drop_under_way(lab: &Lab, operation: Operation) -> Tried {
    let id = lab.subject_of(operation).await?;
    let before = lab.journal()?.len();
    lab.inject(Fault::NeverAnswers).await?;
    let call = Box::pin(lab.call_on(operation, &id));
    let seen = Box::pin(async {
        while lab.journal()?.len() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    });
    match select(call, seen).await {
        Either::Right((seen, _call)) => seen,
        Either::Left((result, _)) => fail(
            format!("`{operation}` was called, and no reply came"),
            "no end as long as it is waited for",
            said(&result?),
        ),
    }
}

pub(crate) async fn dropped_calls_are_not_continued(lab: &Lab) -> Tried {
    for operation in lab.declared(any)? {
        drop_under_way(lab, operation).await?;
        let seen = lab.journal()?.len();
        settle().await;
        let more = lab.journal()?.len() - seen;
        ensure(
            more == 0,
            format!("`{operation}` was dropped when the vendor had seen it"),
            "no more requests",
            format!("{more} more"),
        )?;
    }
    Ok(())
}

pub(crate) async fn dropped_calls_leave_nothing_behind(lab: &Lab) -> Tried {
    for operation in lab.declared(any)? {
        drop_under_way(lab, operation).await?;
        let result = lab.call(operation).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was dropped when the vendor had seen it, and then called"),
            "success",
            said(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn failures_leave_nothing_behind(lab: &Lab) -> Tried {
    for fault in [
        Fault::Status(401),
        Fault::Status(500),
        Fault::RateLimited { retry_after: None },
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Malformed,
        Fault::Oversized,
    ] {
        for operation in lab.declared(any)? {
            // How it fails is another case's affair.
            _ = lab.call_with(operation, &fault).await?;
            let result = lab.call(operation).await?;
            ensure(
                result.is_ok(),
                format!("`{operation}` failed by {fault:?}, and was called again"),
                "success",
                said(&result),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn the_provider_connects_again(lab: &Lab) -> Tried {
    for operation in lab.declared(|operation| !operation.is_write())? {
        let id = lab.subject_of(operation).await?;
        lab.inject(Fault::NoConnection).await?;
        _ = lab.call_on(operation, &id).await?;
        lab.heal().await?;
        let result = lab.call_on(operation, &id).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was called without a connection, and then with one"),
            "success",
            said(&result),
        )?;
    }
    Ok(())
}

/// Enough to meet each other, few enough for every vendor.
const AT_ONCE: usize = 8;

pub(crate) async fn concurrent_creates_are_apart(lab: &Lab) -> Tried {
    lab.wants(Operation::Create)?;
    let new = lab.new_ticket()?;
    let context = CallContext::new();
    let results = join_all((0..AT_ONCE).map(|_| lab.provider.create(&context, &new))).await;
    let mut ids = Vec::new();
    for result in results {
        match result {
            Ok(created) => ids.push(created.id),
            Err(error) => {
                return fail(
                    format!("{AT_ONCE} tickets were filed at once"),
                    "success",
                    told(&error),
                );
            }
        }
    }
    ids.sort();
    ids.dedup();
    ensure(
        ids.len() == AT_ONCE,
        format!("{AT_ONCE} tickets were filed at once"),
        format!("{AT_ONCE} ids"),
        format!("{} different ids", ids.len()),
    )
}

pub(crate) async fn concurrent_reads_are_apart(lab: &Lab) -> Tried {
    lab.wants(Operation::Get)?;
    let mut ids = Vec::new();
    for _ in 0..AT_ONCE {
        ids.push(lab.ticket().await?);
    }
    let context = CallContext::new();
    let results = join_all(ids.iter().map(|id| lab.provider.get(&context, id))).await;
    for (id, result) in ids.iter().zip(results) {
        let found = result.as_ref().ok().map(|ticket| &ticket.id);
        ensure(
            found == Some(id),
            format!("{AT_ONCE} tickets were read at once, one of them {id}"),
            format!("the ticket {id}"),
            said(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn concurrent_failures_are_apart(lab: &Lab) -> Tried {
    lab.wants(Operation::Get)?;
    let mut ids = Vec::new();
    for _ in 0..AT_ONCE {
        ids.push(lab.ticket().await?);
    }
    lab.inject(Fault::ConnectionReset).await?;
    let context = CallContext::new();
    let results = join_all(ids.iter().map(|id| lab.provider.get(&context, id))).await;
    let failed = results.iter().filter(|result| result.is_err()).count();
    ensure(
        failed == 1,
        format!("{AT_ONCE} tickets were read at once, and one of the connections broke"),
        "one error",
        format!("{failed} errors"),
    )
}
