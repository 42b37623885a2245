//! What the answers to a change prove, and how many calls find that out.

use futures_util::{StreamExt as _, stream};
use ticket_core::model::{FieldValue, RawValue, Status, Version};
use ticket_core::provider::{Capabilities, NotFound, Removal, Support, VendorJob};
use ticket_core::{
    CallContext, Change, DeleteTarget, Effect, Error, ErrorKind, NewComment, Operation, Outcome,
    ProviderInfo, Ticket, TicketPatch,
};

use crate::common::{Fake, error};
use crate::{at_once, delete, reason, seconds, words};

#[test]
fn purge_where_deletes_are_permanent_costs_the_requests_of_a_delete() {
    let delete = Support::new().max_batch(2).removal(Removal::Permanent);
    let capabilities = Capabilities::none().with(Operation::Delete, delete.requests(3));
    let info = ProviderInfo::new("fake", "Fake", capabilities);
    assert_eq!(Change::Purge.calls(5, &info), 9);
}

#[test]
fn reads_before_a_delete_are_counted_with_it() {
    let info = ProviderInfo::new("fake", "Fake", Capabilities::none().get().delete(2));
    assert_eq!(Change::Delete.calls(5, &info), 3);
    let info = info.redirects_ids();
    assert_eq!(Change::Delete.calls(5, &info), 8);
    assert_eq!(Change::Resolve.calls(5, &info), 5);
}

/// A merged ticket's id may lead to another one.
#[tokio::test(start_paused = true)]
async fn what_a_read_shows_of_another_ticket_proves_nothing() {
    for (change, status) in [
        (Change::Delete, Status::Deleted),
        (Change::Resolve, Status::Resolved),
    ] {
        for (shown, word) in [("1", "already_done"), ("2", "unknown")] {
            let status = status.clone();
            let fake = Fake::new(1)
                .answering(|call| match call.operation {
                    Operation::Delete | Operation::Resolve => {
                        Err(error(ErrorKind::BadResponse, Effect::Unknown))
                    }
                    _ => Ok(()),
                })
                .showing(move |_| {
                    let mut ticket = Ticket::new(shown, RawValue::NULL.to_owned());
                    ticket.status = Some(status.clone());
                    ticket
                });
            let asked = stream::iter([((), DeleteTarget::new("1"))]);
            let work = fake.bare().apply(change.clone(), asked, &at_once(1));
            let settled: Vec<_> = work.collect().await;
            assert_eq!(settled[0].outcome.as_str(), word, "{change:?}, {shown}");
        }
    }
}

#[test]
fn details_of_an_update_are_what_it_sets() {
    let mut patch = TicketPatch::new()
        .subject("Printer")
        .status(Status::Resolved)
        .custom("Tags", FieldValue::Many(vec!["a".into(), "b".into()]));
    patch.if_version = Some(Version::new("7"));
    let details = Change::Update(patch.into()).details();
    let expected = [
        ("subject", "Printer"),
        ("status", "resolved"),
        ("if_version", "7"),
        ("custom.Tags", "a, b"),
    ];
    assert_eq!(
        details,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn details_of_a_comment_are_its_direction_and_its_text() {
    let details = Change::Comment(NewComment::internal("seen").into()).details();
    let expected = [("direction", "internal"), ("text", "seen")];
    assert_eq!(
        details,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

/// Where ids may lead to other tickets, a ticket that the read before its delete does not find is never deleted.
#[tokio::test(start_paused = true)]
async fn what_an_unread_ticket_comes_to_is_what_its_reads_prove() {
    use Operation::{Get, List};
    for (proves, is_listed, word, calls) in [
        (NotFound::Gone, true, "not_found", [Get].as_slice()),
        (NotFound::Ambiguous, true, "not_found", &[Get, Get]),
        (NotFound::Undocumented, true, "not_found", &[Get, Get, List]),
        (NotFound::Undocumented, false, "failed", &[Get, Get, List]),
    ] {
        let fake = Fake::new(1)
            .info(|mut info| {
                let get = Support::new().not_found(proves);
                info.capabilities = info.capabilities.with(Get, get);
                info.redirects_ids()
            })
            .answering(move |call| match call.operation {
                Get => Err(error(ErrorKind::NotFound, Effect::None)),
                List if !is_listed => Err(error(ErrorKind::Unavailable, Effect::None)),
                _ => Ok(()),
            });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word], "{proves:?}");
        let seen: Vec<_> = log.calls().iter().map(|call| call.operation).collect();
        assert_eq!(seen, calls, "{proves:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_delete_that_depends_on_a_version_fails_its_ticket_only() {
    let fake = Fake::new(2).answering(|call| match call.ids.as_slice() {
        [id] if id == "1" => Err(error(ErrorKind::Conflict, Effect::None)),
        _ => Ok(()),
    });
    let log = fake.log();
    let targets = ["1", "2"].map(|id| DeleteTarget::new(id).version(Version::new("7")));
    let report = fake.bare().delete(targets).await;
    let outcomes: Vec<_> = report.iter().map(|(_, outcome)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["failed", "done"]);
    assert_eq!(log.ids(), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn rest_of_a_batch_is_not_read_once_nobody_answers() {
    let fake = Fake::new(3)
        .outcomes(|_, _| Outcome::Unknown(error(ErrorKind::BadResponse, Effect::Unknown)))
        .answering(|call| match call.operation {
            Operation::Get => Err(error(ErrorKind::Unavailable, Effect::None)),
            _ => Ok(()),
        });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2", "3"], &at_once(1)).await;
    assert_eq!(words(&settled), ["unknown"; 3]);
    let calls = log.calls();
    let at_first = calls.iter().take_while(|call| call.at.is_zero());
    let at_first: Vec<_> = at_first.map(|call| call.operation).collect();
    assert_eq!(at_first, [Operation::Delete, Operation::Get]);
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_is_asked_about_although_nothing_may_be_sent() {
    let fake = Fake::new(1);
    let log = fake.log();
    let mut context = CallContext::new();
    context.earlier_attempt = Effect::Unknown;
    let target = DeleteTarget::new("1").accepted(VendorJob::new("7"));
    let tickets = fake.bare().with(context);
    let work = tickets.apply(
        Change::Delete,
        stream::iter([((), target)]),
        &at_once(1).only_look(),
    );
    let settled: Vec<_> = work.collect().await;
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].outcome.as_str(), "done");
    let seen: Vec<_> = log.calls().iter().map(|call| call.operation).collect();
    assert_eq!(seen, [Operation::Job]);
}

#[tokio::test(start_paused = true)]
async fn ticket_of_unknown_outcome_has_the_error_of_its_last_attempt() {
    let fake = Fake::new(1).answering(|call| match call.operation {
        Operation::Delete => {
            let message = format!("attempt {}", call.number);
            Err(Error::new(ErrorKind::Unavailable, message).with_effect(Effect::Unknown))
        }
        _ => Err(error(ErrorKind::Unavailable, Effect::None)),
    });
    let log = fake.log();
    let options = at_once(1).give_up_after(seconds(10));
    let settled = delete(&fake.bare(), ["1"], &options).await;
    assert_eq!(words(&settled), ["unknown"]);
    let calls = log.calls();
    let mut deletes = calls
        .iter()
        .filter(|call| call.operation == Operation::Delete);
    let last = deletes.next_back().unwrap().number;
    assert!(last > 0, "{calls:?}");
    assert_eq!(reason(&settled[0]).message(), format!("attempt {last}"));
}

/// The ticket's state says nothing about a comment: what matters is whether there is such a ticket.
#[tokio::test(start_paused = true)]
async fn comment_that_finds_no_ticket_is_failed_if_a_read_finds_it() {
    for (is_there, word) in [(true, "failed"), (false, "not_found")] {
        let fake = Fake::new(1).answering(move |call| match call.operation {
            Operation::Get if is_there => Ok(()),
            Operation::Get | Operation::Comment => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        });
        let fake = fake.info(|mut info| {
            let comment = Support::new().not_found(NotFound::Undocumented);
            info.capabilities = info.capabilities.with(Operation::Comment, comment);
            info
        });
        let log = fake.log();
        let comment = Change::Comment(NewComment::internal("seen").into());
        let work = stream::iter([(0, "1")]);
        let work = fake.bare().apply(comment.clone(), work, &at_once(1));
        let settled: Vec<_> = work.collect().await;
        assert_eq!(comment.word(&settled[0].outcome), word);
        let seen: Vec<_> = log.calls().iter().map(|call| call.operation).collect();
        assert_eq!(seen, [Operation::Comment, Operation::Get]);
    }
}
