//! The handle and the standard layers, against a provider in memory that records what reaches it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use ticket_core::{
    Attachment, Capabilities, Cursor, DeleteOutcome, DeleteReport, Effect, Error, ErrorKind, Field,
    Fields, NewComment, NewTicket, Operation, Page, PageRequest, Person, Priority, ProviderInfo,
    Request, Result, RetryPolicy, StackOptions, State, Status, Ticket, TicketId, TicketPatch,
    TicketProvider, TicketQuery, Tickets,
};

const CREATE: Fields = Fields::carrying(&[Field::Subject, Field::Description])
    .requiring(&[Field::Subject, Field::Description])
    .max_chars(&[(Field::Subject, 5)])
    .custom(&["coordinate"]);

type Deleting = dyn Fn(&[TicketId]) -> Result<DeleteReport> + Send + Sync;
type Listing = dyn Fn(Option<&str>) -> Page<Ticket> + Send + Sync;

/// Records every call that reaches it.
struct Memory {
    info: ProviderInfo,
    calls: Arc<Mutex<Vec<String>>>,
    deleting: Box<Deleting>,
    listing: Box<Listing>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    fn new(capabilities: Capabilities) -> Self {
        Self {
            info: ProviderInfo::new("memory", "Memory", capabilities),
            calls: Arc::default(),
            deleting: Box::new(|ids| Ok(DeleteReport::from_fn(ids, |_| DeleteOutcome::Deleted))),
            listing: Box::new(|_| Page::last(Vec::new())),
        }
    }

    fn deleting(
        mut self,
        deleting: impl Fn(&[TicketId]) -> Result<DeleteReport> + Send + Sync + 'static,
    ) -> Self {
        self.deleting = Box::new(deleting);
        self
    }

    fn listing(
        mut self,
        listing: impl Fn(Option<&str>) -> Page<Ticket> + Send + Sync + 'static,
    ) -> Self {
        self.listing = Box::new(listing);
        self
    }

    /// The handle, and the calls that reach the provider.
    fn handle(self) -> (Tickets, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::clone(&self.calls);
        (Tickets::new(self), calls)
    }

    fn record(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }
}

#[async_trait]
impl TicketProvider for Memory {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.record(format!("get {id}"));
        match id.as_str() {
            "slow" => std::future::pending().await,
            _ => Ok(ticket(id.as_str())),
        }
    }

    async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        let cursor = query.page.cursor.as_ref().map(Cursor::as_str);
        self.record(format!("list {cursor:?}"));
        Ok((self.listing)(cursor))
    }

    async fn create(&self, ticket: &NewTicket) -> Result<ticket_core::Created> {
        self.record(format!("create {}", ticket.subject));
        std::future::pending().await
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        let ids_text: Vec<_> = ids.iter().map(TicketId::as_str).collect();
        self.record(format!("delete {}", ids_text.join(",")));
        (self.deleting)(ids)
    }
}

fn ticket(id: &str) -> Ticket {
    Ticket::new(id, serde_json::value::RawValue::NULL.to_owned())
}

fn calls(calls: &Mutex<Vec<String>>) -> Vec<String> {
    calls.lock().unwrap().clone()
}

fn outcomes(report: &DeleteReport) -> Vec<(&str, &str)> {
    report
        .iter()
        .map(|(id, outcome)| (id.as_str(), outcome.as_str()))
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
async fn ids_that_fit_into_one_call_are_held_to_the_same() {
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
        .deleting(|ids| {
            if ids.iter().any(|id| id.as_str() == "bad") {
                return Err(Error::new(ErrorKind::InvalidInput, "bad request"));
            }
            Ok(DeleteReport::from_fn(ids, |_| DeleteOutcome::Deleted))
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
async fn an_outcome_belongs_to_its_id_wherever_it_stands_in_the_providers_report() {
    // In one call, and in several.
    for ids in [&["a", "b"][..], &["a", "b", "c", "d"]] {
        let (tickets, seen) = Memory::new(Capabilities::none().delete(2))
            .deleting(|ids| {
                let turned: Vec<_> = ids.iter().rev().cloned().collect();
                Ok(DeleteReport::from_fn(&turned, |id| match id.as_str() {
                    "a" | "c" => DeleteOutcome::Deleted,
                    _ => DeleteOutcome::Failed(Error::new(ErrorKind::Conflict, "locked")),
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
        .deleting(|ids| match ids[0].as_str() {
            "refused" => Err(Error::new(ErrorKind::Forbidden, "no")),
            "lost" => Err(Error::new(ErrorKind::Unavailable, "lost")),
            _ => Ok(DeleteReport::from_fn(ids, |_| DeleteOutcome::Deleted)),
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
        .deleting(|ids| Ok(DeleteReport::from_fn(&ids[..1], |_| DeleteOutcome::Deleted)))
        .handle();
    assert_eq!(
        outcomes(&tickets.delete(["a", "b"]).await),
        [("a", "deleted"), ("b", "unknown")]
    );
}

#[tokio::test(start_paused = true)]
async fn an_undeclared_operation_is_unsupported_and_sends_nothing() {
    let (tickets, seen) = Memory::new(Capabilities::none()).handle();
    let (query, page) = (TicketQuery::new(), PageRequest::first());
    let patch = TicketPatch::new().subject("x");
    let errors = [
        tickets.get("1").await.unwrap_err(),
        tickets.list(&query).await.unwrap_err(),
        tickets.create(&NewTicket::new("x")).await.unwrap_err(),
        tickets.update("1", &patch).await.unwrap_err(),
        tickets.resolve("1").await.unwrap_err(),
        tickets
            .delete(["1"])
            .await
            .outcome(&"1".into())
            .unwrap()
            .error()
            .unwrap()
            .clone(),
        tickets.messages("1", &page).await.unwrap_err(),
        tickets
            .comment("1", &NewComment::internal("x"))
            .await
            .unwrap_err(),
    ];
    let ways = [
        "get a ticket",
        "list tickets",
        "create a ticket",
        "update a ticket",
        "resolve a ticket",
        "delete a ticket",
        "read a ticket's messages",
        "comment on a ticket",
    ];
    for ((error, operation), way) in errors.iter().zip(Operation::ALL).zip(ways) {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.effect(), Effect::None);
        assert_eq!(error.operation(), Some(*operation));
        assert_eq!(
            error.message(),
            format!("the vendor documents no way to {way}")
        );
    }
    assert_eq!(errors.len(), Operation::ALL.len());
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
    let id = TicketId::new("1");
    let empty: Arc<dyn TicketProvider> =
        Arc::new(Empty(ProviderInfo::new("e", "E", Capabilities::none())));
    let errors = [
        empty.get(&id).await.unwrap_err(),
        empty.list(&TicketQuery::new()).await.unwrap_err(),
        empty.create(&NewTicket::new("x")).await.unwrap_err(),
        empty.update(&id, &TicketPatch::new()).await.unwrap_err(),
        empty.resolve(&id).await.unwrap_err(),
        empty.delete(std::slice::from_ref(&id)).await.unwrap_err(),
        empty
            .messages(&id, &PageRequest::first())
            .await
            .unwrap_err(),
        empty
            .comment(&id, &NewComment::outbound("x"))
            .await
            .unwrap_err(),
    ];
    for (error, operation) in errors.iter().zip(Operation::ALL) {
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unsupported, Some(*operation))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_carried_is_refused_by_name_before_anything_is_sent() {
    let (tickets, seen) = Memory::new(Capabilities::none().create(CREATE)).handle();
    let good = || NewTicket::new("abc").description("text");
    let refused = [
        (good().priority(Priority::High), "priority"),
        (good().assignee("x"), "assignee"),
        (good().category("x"), "category"),
        (good().tag("x"), "tags"),
        (good().requester(Person::named("x")), "requester_name"),
        (good().requester(Person::with_id("x")), "requester_id"),
        (
            good().requester(Person::default().email("x")),
            "requester_email",
        ),
        (
            good().requester(Person::default().phone("x")),
            "requester_phone",
        ),
        (good().custom("colour", "red"), "colour"),
        (NewTicket::new("abc"), "description"),
        (NewTicket::new("  ").description("text"), "subject"),
        (NewTicket::new("abcdef").description("text"), "at most 5"),
    ];
    for (ticket, word) in refused {
        let error = tickets.create(&ticket).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::None),
            "{error}"
        );
        assert!(
            error.to_string().contains(word),
            "{error} does not name {word}"
        );
    }
    let declared = good().custom("coordinate", "1,2");
    let info = tickets.info();
    info.check(&Request::Create(&declared)).unwrap();
    let attachment = good().attachment(Attachment::new("a.png", *b"x"));
    let error = tickets.create(&attachment).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("attachments"), "{error}");
    assert_eq!(calls(&seen), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_the_vendor_lacks_is_refused_by_name() {
    let list = Fields::carrying(&[Field::Search]);
    let (tickets, seen) = Memory::new(Capabilities::none().list(list)).handle();
    let error = tickets
        .list(&TicketQuery::new().state(State::Open))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`state`"), "{error}");
    let limit = PageRequest::first().limit(5);
    let error = tickets
        .list(&TicketQuery::new().page(limit))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`limit`"), "{error}");
    assert!(calls(&seen).is_empty());
    tickets.list(&TicketQuery::new().search("x")).await.unwrap();
    assert_eq!(calls(&seen), ["list None"]);
}

#[tokio::test(start_paused = true)]
async fn ids_that_cannot_be_ids_are_refused() {
    let (tickets, seen) = Memory::new(Capabilities::none().get()).handle();
    for id in ["", "   ", " 1", "1 ", "1\n2", "\0", &"9".repeat(257)] {
        let error = tickets.get(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id:?}");
    }
    assert!(calls(&seen).is_empty());
    tickets.get("9".repeat(256)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_ends_with_a_true_effect() {
    let memory = Memory::new(Capabilities::none().get().create(CREATE));
    let seen = Arc::clone(&memory.calls);
    let once = RetryPolicy::default().max_attempts(NonZeroU32::MIN);
    let options = StackOptions::default()
        .timeout(Duration::from_secs(7))
        .retry(once);
    let tickets = Tickets::with_options(Arc::new(memory), &options);
    let started = tokio::time::Instant::now();
    let read = tickets.get("slow").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(7));
    assert_eq!(
        (read.kind(), read.effect()),
        (ErrorKind::Timeout, Effect::None)
    );
    assert_eq!(read.to_string(), "memory get slow: no answer within 7 s");
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
async fn list_all_walks_every_page_and_survives_an_empty_one() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| match cursor {
                None => Page::last(vec![ticket("1"), ticket("2")]).next(Some(Cursor::new("x"))),
                Some("x") => Page::last(vec![]).next(Some(Cursor::new("y"))),
                _ => Page::last(vec![ticket("3")]),
            })
            .handle();
    let all: Vec<Ticket> = tickets
        .list_all(TicketQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        all.iter()
            .map(|ticket| ticket.id.as_str())
            .collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    assert_eq!(
        calls(&seen),
        ["list None", "list Some(\"x\")", "list Some(\"y\")"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_leads_in_circles_ends_with_an_error_that_names_it() {
    // A cursor that repeats at once, and circles of several lengths that begin after a while.
    for (lead, circle) in [(0, 1), (3, 1), (0, 5), (10, 7), (50, 100)] {
        let count = AtomicUsize::new(0);
        let (tickets, seen) =
            Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
                .listing(move |cursor| {
                    let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                    let next = if page + 1 >= lead + circle {
                        lead
                    } else {
                        page + 1
                    };
                    // No page begins like the one before: it is the cursors that must be found out.
                    let first = count.fetch_add(1, Ordering::Relaxed).to_string();
                    Page::last(vec![ticket(&first)]).next(Some(Cursor::new(next.to_string())))
                })
                .handle();
        let error = tickets
            .list_all(TicketQuery::new())
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains("came again"), "{error}");
        let pages = calls(&seen).len();
        assert!(
            pages <= 4 * (lead + circle) + 4,
            "{pages} pages for a lead of {lead} and a circle of {circle}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_ignores_the_cursor_ends_the_list_with_an_error() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| {
                let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                Page::last(vec![ticket("1"), ticket("2")])
                    .next(Some(Cursor::new((page + 1).to_string())))
            })
            .handle();
    let error = tickets
        .list_all(TicketQuery::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    assert!(
        error.to_string().contains("begins with ticket 1 again"),
        "{error}"
    );
    assert_eq!(calls(&seen).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn empty_pages_count_only_in_a_row() {
    let (tickets, _) = Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
        .listing(|cursor| {
            let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
            let items = if page % 60 == 0 {
                vec![ticket(&page.to_string())]
            } else {
                vec![]
            };
            Page::last(items).next((page < 300).then(|| Cursor::new((page + 1).to_string())))
        })
        .handle();
    let all: Vec<Ticket> = tickets
        .list_all(TicketQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn pages_of_nothing_and_blank_filters_are_refused() {
    const LIST: Fields = Fields::carrying(&[Field::Search, Field::PageLimit]);
    let (tickets, seen) = Memory::new(Capabilities::none().list(LIST)).handle();
    let error = tickets
        .list(&TicketQuery::new().page(PageRequest::first().limit(0)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`limit`"), "{error}");
    let error = tickets
        .list(&TicketQuery::new().search(" "))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`search` is blank"), "{error}");
    assert!(calls(&seen).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_checked_for_its_direction_its_text_and_its_files() {
    const COMMENT: Fields =
        Fields::carrying(&[Field::Body, Field::Internal]).requiring(&[Field::Body]);
    let info = ProviderInfo::new("memory", "Memory", Capabilities::none().comment(COMMENT));
    let id = TicketId::new("1");
    let check = |comment: NewComment| info.check(&Request::Comment(&id, &comment));
    check(NewComment::internal("x")).unwrap();
    for (comment, word) in [
        (NewComment::inbound("x"), "`inbound`"),
        (NewComment::outbound("x"), "`outbound`"),
        (NewComment::internal(" "), "`body`"),
        (
            NewComment::internal("x").attachment(Attachment::new("a.png", *b"x")),
            "`attachments`",
        ),
    ] {
        let error = check(comment).unwrap_err();
        assert_eq!(error.effect(), Effect::None);
        assert!(error.to_string().contains(word), "{error} names {word}");
    }
}

#[test]
fn an_update_names_something_to_change_be_it_a_field_or_a_custom_one() {
    const UPDATE: Fields = Fields::carrying(&[Field::Subject]).any_custom();
    let info = ProviderInfo::new("memory", "Memory", Capabilities::none().update(UPDATE));
    let id = TicketId::new("1");
    let check = |patch: TicketPatch| info.check(&Request::Update(&id, &patch));
    check(TicketPatch::new().subject("x")).unwrap();
    check(TicketPatch::new().custom("colour", "red")).unwrap();
    let error = check(TicketPatch::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "memory update 1: the update names nothing to change"
    );
}

#[test]
fn an_update_that_cannot_be_carried_is_refused_by_the_name_of_the_field() {
    let info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().update(Fields::default()),
    );
    let patch = TicketPatch::new;
    for (patch, name) in [
        (patch().subject("x"), "`subject`"),
        (patch().description("x"), "`description`"),
        (patch().status(Status::Closed), "`status`"),
        (patch().priority(Priority::High), "`priority`"),
        (patch().category("x"), "`category`"),
        (patch().assignee("x"), "`assignee`"),
        (
            patch().attachment(Attachment::new("a.png", *b"x")),
            "`attachments`",
        ),
        (patch().custom("colour", "red"), "`colour`"),
    ] {
        let id = TicketId::new("1");
        let request = Request::Update(&id, &patch);
        let error = info.check(&request).unwrap_err();
        assert_eq!(error.ticket(), Some(&"1".into()));
        assert!(error.message().contains(name), "{error} names {name}");
    }
}

#[test]
fn one_id_more_than_a_batch_is_refused() {
    let info = ProviderInfo::new("memory", "Memory", Capabilities::none().delete(2));
    let ids = ["1", "2", "3"].map(TicketId::new);
    info.check(&Request::Delete(&ids[..2])).unwrap();
    assert_eq!(
        info.check(&Request::Delete(&ids)).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_of_empty_pages_without_end_ends_with_an_error() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| {
                let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                Page::last(vec![]).next(Some(Cursor::new((page + 1).to_string())))
            })
            .handle();
    let error = tickets
        .list_all(TicketQuery::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    assert_eq!(calls(&seen).len(), 100);
}
