//! The handle and the standard layers, against a provider in memory that records what reaches it: single deletes,
//! what is unsupported, what takes too long. Lists are in `list_all.rs`, what is refused in `check.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::memory::{Memory, calls};
use common::{Fake, error, make, operations};
use futures_util::TryStreamExt as _;
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::model::{PageRequest, RawValue};
use ticket_core::provider::{Capabilities, Field, Fields};
use ticket_core::{
    CallContext, Change, DeleteReport, Effect, Error, ErrorKind, Message, NewTicket, Operation,
    Outcome, Page, ProviderInfo, Result, TicketId, TicketProvider, Tickets,
};

fn outcomes(report: &DeleteReport) -> Vec<(&str, &str)> {
    report
        .iter()
        .map(|(id, outcome)| (id.as_str(), Change::Delete.word(outcome)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn delete_answers_each_id_once_in_order_and_sends_each_id_once() {
    let (tickets, seen) = Memory::new(Capabilities::none().delete(2)).handle();
    let report = tickets.delete(["a", "b", "a", "c", "", "b"]).await;
    assert_eq!(
        outcomes(&report),
        [
            ("a", "deleted"),
            ("b", "deleted"),
            ("a", "deleted"),
            ("c", "deleted"),
            ("", "failed"),
            ("b", "deleted")
        ]
    );
    assert_eq!(report.len(), 6);
    assert_eq!(
        report.outcome(&"".into()).unwrap().error().unwrap().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(calls(&seen), ["delete a,b", "delete c"]);
}

#[tokio::test(start_paused = true)]
async fn delete_in_one_call_follows_the_same_rules() {
    let (tickets, seen) = Memory::new(Capabilities::none().delete(3)).handle();
    // Sorted, but one cannot be an id.
    let report = tickets.delete(["", "a", "b"]).await;
    assert_eq!(
        outcomes(&report),
        [("", "failed"), ("a", "deleted"), ("b", "deleted")]
    );
    // All are ids, but one comes twice.
    let report = tickets.delete(["d", "c", "d"]).await;
    assert_eq!(
        outcomes(&report),
        [("d", "deleted"), ("c", "deleted"), ("d", "deleted")]
    );
    let report = tickets.delete(["e", "e"]).await;
    assert_eq!(outcomes(&report), [("e", "deleted"), ("e", "deleted")]);
    assert_eq!(calls(&seen), ["delete a,b", "delete d,c", "delete e"]);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_comes_twice_is_sent_once_also_where_its_batch_is_divided() {
    let (tickets, seen) = Memory::new(Capabilities::none().delete(3))
        .deleting(|targets| {
            if targets.iter().any(|target| target.id.as_str() == "bad") {
                return Err(Error::new(ErrorKind::InvalidInput, "bad request"));
            }
            Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
        })
        .handle();
    let report = tickets.delete(["good", "bad", "good"]).await;
    assert_eq!(
        outcomes(&report),
        [("good", "deleted"), ("bad", "failed"), ("good", "deleted")]
    );
    assert_eq!(
        calls(&seen),
        ["delete good,bad", "delete good", "delete bad"]
    );
    // Four are asked for, two are sent: that fits into one call.
    let report = tickets.delete(["a", "b", "b", "a"]).await;
    let told = ["a", "b", "b", "a"].map(|id| (id, "deleted"));
    assert_eq!(outcomes(&report), told);
    assert_eq!(calls(&seen)[3..], ["delete a,b"]);
}

#[tokio::test(start_paused = true)]
async fn outcome_is_matched_by_id_in_any_report_order() {
    // In one call, and in several.
    for ids in [&["a", "b"][..], &["a", "b", "c", "d"]] {
        let (tickets, seen) = Memory::new(Capabilities::none().delete(2))
            .deleting(|targets| {
                let turned: Vec<_> = targets.iter().rev().cloned().collect();
                Ok(DeleteReport::from_fn(&turned, |id| match id.as_str() {
                    "a" | "c" => Outcome::Done,
                    _ => Outcome::Failed(Error::new(ErrorKind::Conflict, "locked")),
                }))
            })
            .handle();
        let report = tickets.delete(ids.iter().copied()).await;
        let told = [
            ("a", "deleted"),
            ("b", "failed"),
            ("c", "deleted"),
            ("d", "failed"),
        ];
        assert_eq!(outcomes(&report), told[..ids.len()]);
        assert_eq!(calls(&seen), ["delete a,b", "delete c,d"][..ids.len() / 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn delete_of_nothing_sends_nothing() {
    let (tickets, seen) = Memory::new(Capabilities::none().delete(2)).handle();
    assert!(tickets.delete(Vec::<TicketId>::new()).await.is_empty());
    let refused = tickets.delete([""]).await;
    assert!(!refused.is_empty() && refused.outcome(&"".into()).is_some());
    assert_eq!(calls(&seen), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_failed_batch_fails_its_own_ids_by_the_effect_of_its_error_and_no_others() {
    let (tickets, _) = Memory::new(Capabilities::none().delete(1))
        .deleting(|targets| match targets[0].id.as_str() {
            "refused" => Err(Error::new(ErrorKind::Forbidden, "no")),
            "lost" => Err(Error::new(ErrorKind::Unavailable, "lost")),
            _ => Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)),
        })
        .handle();
    let report = tickets.delete(["a", "refused", "lost", "b"]).await;
    assert_eq!(
        outcomes(&report),
        [
            ("a", "deleted"),
            ("refused", "failed"),
            ("lost", "unknown"),
            ("b", "deleted")
        ]
    );
    let lost = report.outcome(&"lost".into()).unwrap().error().unwrap();
    assert_eq!(
        (lost.ticket(), lost.effect()),
        (Some(&"lost".into()), Effect::Unknown)
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_provider_forgets_is_unknown() {
    let (tickets, _) = Memory::new(Capabilities::none().delete(9))
        .deleting(|targets| Ok(DeleteReport::from_fn(&targets[..1], |_| Outcome::Done)))
        .handle();
    assert_eq!(
        outcomes(&tickets.delete(["a", "b"]).await),
        [("a", "deleted"), ("b", "unknown")]
    );
}

#[tokio::test(start_paused = true)]
async fn an_undeclared_operation_is_unsupported_and_sends_nothing() {
    let (tickets, seen) = Memory::new(Capabilities::none()).handle();
    let ways = [
        "get a ticket",
        "list tickets",
        "create a ticket",
        "update a ticket",
        "resolve a ticket",
        "delete a ticket",
        "restore a ticket",
        "read a ticket's messages",
        "comment on a ticket",
        "list a ticket's files",
        "read an attached file",
    ];
    assert_eq!(ways.len(), operations().count());
    for (operation, way) in operations().zip(ways) {
        let error = make(&tickets, operation).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.effect(), Effect::None);
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(
            error.message(),
            format!("the vendor documents no way to {way}")
        );
    }
    assert_eq!(calls(&seen), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_defaults_of_the_trait_answer_unsupported() {
    #[derive(Debug)]
    struct Empty(ProviderInfo);
    impl TicketProvider for Empty {
        fn info(&self) -> &ProviderInfo {
            &self.0
        }
    }
    let info = ProviderInfo::new("e", "E", Capabilities::none());
    let tickets = Tickets::bare(Arc::new(Empty(info)));
    for operation in operations() {
        let error = make(&tickets, operation).await.unwrap();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unsupported, Some(operation))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn timed_out_attempt_has_the_right_effect() {
    let fields = Fields::carrying(&[Field::Subject, Field::Description]);
    let memory = Memory::new(Capabilities::none().get().create(fields));
    let seen = Arc::clone(&memory.calls);
    let once = RetryPolicy::default().max_attempts(NonZeroU32::MIN);
    let options = StackOptions::default()
        .timeout(Duration::from_millis(7500))
        .retry(once);
    let tickets = Tickets::with_options(Arc::new(memory), &options);
    let started = tokio::time::Instant::now();
    let read = tickets.get("slow").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_millis(7500));
    assert_eq!(
        (read.kind(), read.effect()),
        (ErrorKind::Timeout, Effect::None)
    );
    assert_eq!(read.to_string(), "memory get slow: no answer within 7.5 s");
    let write = tickets
        .create(&NewTicket::new("abc").description("text"))
        .await
        .unwrap_err();
    assert_eq!(
        (write.kind(), write.effect()),
        (ErrorKind::Timeout, Effect::Unknown)
    );
    assert_eq!(calls(&seen), ["get slow", "create abc"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_about_one_ticket_names_it_whatever_the_provider_says() {
    for operation in operations() {
        let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Forbidden, Effect::None)));
        let told = make(&fake.bare(), operation).await.unwrap();
        let is_about_one = !matches!(
            operation,
            Operation::List | Operation::Create | Operation::Download
        );
        assert_eq!(
            told.ticket(),
            is_about_one.then_some(&"1".into()),
            "{operation}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_named_at_run_time_is_named_in_its_errors() {
    #[derive(Debug)]
    struct Named(ProviderInfo);
    impl TicketProvider for Named {
        fn info(&self) -> &ProviderInfo {
            &self.0
        }
    }
    let (id, title) = (format!("desk-{}", 7), format!("Desk {}", 7));
    let info = ProviderInfo::new(id, title, Capabilities::none().delete(1));
    let tickets = Tickets::new(Named(info));
    assert_eq!(tickets.info().title, "Desk 7");
    let unsupported = tickets.get("1").await.unwrap_err();
    let refused = tickets.get("").await.unwrap_err();
    let report = tickets.delete(["1"]).await;
    let failed = report.iter().map(|(_, outcome)| outcome.error());
    for error in [Some(&unsupported), Some(&refused)]
        .into_iter()
        .chain(failed)
    {
        assert_eq!(error.unwrap().provider(), Some("desk-7"));
    }
}

/// A provider of conversations.
#[derive(Debug)]
struct Talk(ProviderInfo);

impl Talk {
    fn handles() -> [Tickets; 2] {
        let info = ProviderInfo::new("t", "T", Capabilities::none().messages(Fields::default()));
        let provider: Arc<dyn TicketProvider> = Arc::new(Self(info));
        let options = StackOptions::default();
        [
            Tickets::bare(Arc::clone(&provider)),
            Tickets::with_options(provider, &options),
        ]
    }
}

#[async_trait]
impl TicketProvider for Talk {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    fn web_url(&self, id: &TicketId) -> Option<String> {
        Some(format!("https://desk.example.com/{id}"))
    }

    async fn messages(
        &self,
        _context: &CallContext,
        _id: &TicketId,
        _page: &PageRequest,
    ) -> Result<Page<Message>> {
        let times = [(3, "c"), (0, "d"), (1, "a"), (3, "e"), (2, "b")];
        let messages = times.map(|(second, body)| {
            let mut message = Message::new(body, RawValue::NULL.to_owned());
            let time = jiff::Timestamp::from_second(second).unwrap();
            message.created_at = Some(time).filter(|_| second > 0);
            message
        });
        Ok(Page::last(messages.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_page_are_the_oldest_first() {
    for tickets in Talk::handles() {
        let messages = tickets.messages_all("1".into());
        let bodies = messages.map_ok(|message| message.body).try_collect();
        let bodies: Vec<String> = bodies.await.unwrap();
        // One without a time stays behind the one before it.
        assert_eq!(bodies, ["a", "b", "c", "d", "e"]);
    }
}

#[tokio::test(start_paused = true)]
async fn address_of_a_page_comes_through_all_layers() {
    for tickets in Talk::handles() {
        let address = tickets.web_url("7");
        assert_eq!(address.as_deref(), Some("https://desk.example.com/7"));
    }
    let (tickets, seen) = Memory::new(Capabilities::none().get()).handle();
    assert_eq!(tickets.web_url("7"), None);
    assert_eq!(calls(&seen), Vec::<String>::new());
}
