//! What the suite does not ask: Zendesk's own ways, against the sandbox. Each test looks at both sides.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::call::StackOptions;
use ticket_core::model::{Attachment, PageRequest, State, Status};
use ticket_core::{
    CallContext, Change, Effect, ErrorKind, NewComment, NewTicket, Outcome, TicketPatch,
    TicketProvider as _, TicketQuery, Tickets,
};
use ticket_sandbox::credentials::{ZENDESK_API_TOKEN, ZENDESK_EMAIL};
use ticket_sandbox::{
    Endpoint, Fault, JobFault, LimitHeaders, Quota, Rule, Sandbox, SandboxBuilder, TicketSeed,
    Vendor, WindowModel,
};
use ticket_testkit::InProcess;
use ticket_zendesk::{HttpConfig, Plan, Zendesk, ZendeskConfig, wire};
use tokio::time::Instant;

/// A sandbox in this process without tickets and limits, and a client of it. The clock is the test's.
fn start() -> (Arc<Sandbox>, Zendesk) {
    start_with(|builder| builder.zendesk_quota(None).zendesk_endpoint_limits(false))
}

fn start_with(set: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> (Arc<Sandbox>, Zendesk) {
    let sandbox = Arc::new(set(Sandbox::builder().seed_tickets(false)).in_process());
    let http = HttpConfig::default().transport(InProcess::new(Arc::clone(&sandbox)));
    let base_url = sandbox.base_url(Vendor::Zendesk);
    let config = ZendeskConfig::new(base_url, ZENDESK_EMAIL, ZENDESK_API_TOKEN).http(http);
    let zendesk = Zendesk::new(&config).unwrap();
    (sandbox, zendesk)
}

/// The endpoints that the sandbox was asked for.
fn seen(sandbox: &Sandbox, endpoint: Endpoint) -> usize {
    let seen = sandbox.journal();
    let seen = seen.iter().filter(|seen| seen.endpoint == Some(endpoint));
    seen.count()
}

#[tokio::test(start_paused = true)]
async fn create_repeated_with_its_key_after_a_lost_answer_is_one_ticket() {
    let (sandbox, zendesk) = start();
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Create));
    let context = CallContext::new().idempotency_key("import-17");
    let ticket = NewTicket::new("Card refused").description("The till says: declined.");
    let error = zendesk.create(&context, &ticket).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    let created = zendesk.create(&context, &ticket).await.unwrap();
    assert_eq!(
        sandbox.ticket_ids(Vendor::Zendesk),
        [created.id.to_string()]
    );
    // The native client tells that it was a repeat.
    let mut native = wire::ChangedTicket::default();
    native.subject = Some(ticket.subject.clone());
    native.comment = Some(wire::NewComment::new("The till says: declined.", true));
    let repeat = zendesk.create_ticket(&native, Some("import-17")).await;
    assert!(repeat.unwrap().is_repeat);
    // Another ticket with the same key is refused.
    let other = NewTicket::new("Other").description("Text");
    let error = zendesk.create(&context, &other).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::InvalidInput, Effect::None)
    );
    assert_eq!(sandbox.tickets(Vendor::Zendesk).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn content_of_a_file_is_read_without_credentials_and_from_no_other_host() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 1);
    let (context, id) = (CallContext::new(), "1".into());
    let file = Attachment::new("a.txt", *b"hello").media_type("text/plain");
    let comment = NewComment::internal("See the file.").attachment(file);
    zendesk.comment(&context, &id, &comment).await.unwrap();
    let files = zendesk
        .attachments(&context, &id, &PageRequest::first())
        .await
        .unwrap();
    let download = zendesk.download(&context, &files.items[0]).await.unwrap();
    assert_eq!(download.read(100).await.unwrap().unwrap(), b"hello");
    let journal = sandbox.journal();
    let (downloads, others): (Vec<_>, Vec<_>) = journal
        .iter()
        .partition(|seen| seen.path.contains("/attachments/token/"));
    assert_eq!(downloads.len(), 1);
    assert!(downloads[0].header("authorization").is_none());
    assert!(
        others
            .iter()
            .all(|seen| seen.header("authorization").is_some())
    );
    for url in [
        "https://files.example.org/x",
        "https://evilzendesk.com/x",
        "https://acme.zendesk.com@files.example.org/x",
    ] {
        assert!(zendesk.content(url).await.is_err(), "{url}");
    }
    assert_eq!(sandbox.journal().len(), journal.len());
}

#[tokio::test(start_paused = true)]
async fn deleted_ticket_is_listed_in_the_trash_and_restored_from_it() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 3);
    let context = CallContext::new();
    let tickets = Tickets::new(zendesk.clone());
    assert!(tickets.delete(["2"]).await.all_deleted());
    let deleted = TicketQuery::new().state(State::Deleted);
    let trash = zendesk.list(&context, &deleted).await.unwrap().items;
    let told: Vec<_> = trash
        .iter()
        .map(|ticket| (ticket.id.as_str(), &ticket.status))
        .collect();
    assert_eq!(told, [("2", &Some(Status::Deleted))]);
    let left = zendesk.list(&context, &TicketQuery::new()).await.unwrap();
    assert_eq!(left.items.len(), 2);
    zendesk.restore(&context, &"2".into()).await.unwrap();
    // One that was not deleted stays as it is; one that never was is not found.
    zendesk.restore(&context, &"1".into()).await.unwrap();
    let gone = zendesk.restore(&context, &"9".into()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk), ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn update_of_a_ticket_that_changed_in_the_meantime_changes_nothing() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 1);
    let (context, id) = (CallContext::new(), "1".into());
    let read = zendesk.get(&context, &id).await.unwrap();
    let first = TicketPatch::new().subject("First");
    zendesk.update(&context, &id, &first).await.unwrap();
    let second = TicketPatch::new()
        .subject("Second")
        .if_version(read.version.unwrap());
    let error = zendesk.update(&context, &id, &second).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    let ticket = sandbox.ticket(Vendor::Zendesk, "1").unwrap();
    assert_eq!(ticket.subject, "First");
}

#[tokio::test(start_paused = true)]
async fn changes_since_a_time_lack_the_last_minute_and_say_so() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 2);
    let context = CallContext::new();
    tokio::time::advance(Duration::from_secs(120)).await;
    let patch = TicketPatch::new().subject("Changed");
    zendesk.update(&context, &"2".into(), &patch).await.unwrap();
    let since = "2026-01-26T00:00:00Z".parse().unwrap();
    let query = TicketQuery::new().updated_after(since);
    let page = zendesk.list(&context, &query).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
    assert_eq!((ids, page.gaps.len()), (vec!["1"], 1));
    tokio::time::advance(Duration::from_secs(61)).await;
    let page = zendesk.list(&context, &query).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn full_pages_of_tickets_outside_the_span_do_not_end_the_list() {
    let (sandbox, zendesk) = start();
    let early = TicketSeed::new("Early").attribute("updated_at", "2026-01-26T12:00:00Z");
    let early = sandbox.add_ticket(Vendor::Zendesk, early);
    sandbox.add_tickets(Vendor::Zendesk, 149);
    tokio::time::advance(Duration::from_secs(120)).await;
    let mut query = TicketQuery::new().updated_before("2026-01-26T12:30:00Z".parse().unwrap());
    query.page.limit = Some(1);
    let tickets = Tickets::new(zendesk);
    let rows: Vec<_> = tickets.list_all(query).collect().await;
    let [Ok(ticket)] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(ticket.id.as_str(), early);
    assert_eq!(seen(&sandbox, Endpoint::List), 150);
}

#[tokio::test(start_paused = true)]
async fn changes_before_a_time_have_archived_tickets_and_the_list_of_all_has_not() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 2);
    let archived = sandbox.add_ticket(Vendor::Zendesk, TicketSeed::new("Old").archived());
    tokio::time::advance(Duration::from_secs(120)).await;
    let tickets = Tickets::new(zendesk);
    let before = "2026-01-26T12:33:00Z".parse().unwrap();
    for (query, expected) in [
        (TicketQuery::new(), vec!["1", "2"]),
        (
            TicketQuery::new().updated_before(before),
            vec!["1", "2", &archived],
        ),
    ] {
        let page = tickets.list(&query).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, expected, "{query:?}");
    }
    let asked: Vec<_> = sandbox
        .journal()
        .iter()
        .map(|seen| seen.path.clone())
        .collect();
    assert!(
        asked[0].starts_with("/zendesk/api/v2/tickets?"),
        "{asked:?}"
    );
    assert!(
        asked[1].starts_with("/zendesk/api/v2/incremental/tickets/cursor?start_time=0"),
        "{asked:?}"
    );
    // It is read and deleted as others are; the list of the trash leaves it out too.
    assert_eq!(
        tickets.get(archived.as_str()).await.unwrap().status,
        Some(Status::Closed)
    );
    assert!(tickets.delete([archived.as_str()]).await.all_deleted());
    let trash = TicketQuery::new().state(State::Deleted);
    assert!(tickets.list(&trash).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn fields_that_zendesk_ignores_without_a_word_are_named() {
    let (sandbox, zendesk) = start();
    let seed = TicketSeed::new("A").attribute("sandbox_ignores", vec!["problem_id", "due_at"]);
    let id = sandbox.add_ticket(Vendor::Zendesk, seed).as_str().into();
    let context = CallContext::new();
    let others = [
        ("external_id", "A-17"),
        ("type", "incident"),
        ("group_id", "5001"),
        ("brand_id", "4002"),
        ("organization_id", "6001"),
        ("ticket_form_id", "7001"),
    ];
    let patch = others
        .iter()
        .fold(TicketPatch::new(), |patch, (name, value)| {
            patch.custom(*name, *value)
        });
    zendesk.update(&context, &id, &patch).await.unwrap();
    // Ids are numbers there.
    let ticket = sandbox.ticket(Vendor::Zendesk, id.as_str()).unwrap();
    assert_eq!(ticket.attributes["organization_id"], 6001);
    let patch = TicketPatch::new()
        .subject("B")
        .custom("problem_id", "9")
        .custom("due_at", "2026-12-01T12:00:00+01:00");
    let error = zendesk.update(&context, &id, &patch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    for name in ["problem_id", "due_at"] {
        assert!(error.message().contains(name), "{error}");
    }
    assert!(!error.message().contains("subject"), "{error}");
    let ticket = sandbox.ticket(Vendor::Zendesk, id.as_str()).unwrap();
    assert_eq!(
        (ticket.subject.as_str(), &ticket.attributes["problem_id"]),
        ("B", &serde_json::Value::Null)
    );
    // A time is the same in any zone, and a day alone is not compared with a time.
    let other = sandbox
        .add_ticket(Vendor::Zendesk, TicketSeed::new("C"))
        .as_str()
        .into();
    for time in ["2026-12-01T12:00:00+01:00", "2026-12-01", ""] {
        let patch = TicketPatch::new().custom("due_at", time);
        zendesk.update(&context, &other, &patch).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn plan_decides_how_many_calls_are_made_and_none_is_refused() {
    let (sandbox, _) = start_with(|builder| builder);
    sandbox.add_tickets(Vendor::Zendesk, 900);
    let http = HttpConfig::default().transport(InProcess::new(Arc::clone(&sandbox)));
    let base_url = sandbox.base_url(Vendor::Zendesk);
    let config = ZendeskConfig::new(base_url, ZENDESK_EMAIL, ZENDESK_API_TOKEN)
        .plan(Plan::Enterprise)
        .http(http);
    let tickets = Tickets::new(Zendesk::new(&config).unwrap());
    let ids = sandbox.ticket_ids(Vendor::Zendesk).into_iter();
    let reads = ids.map(|id| {
        let tickets = tickets.clone();
        async move { tickets.get(id).await }
    });
    let reads: Vec<_> = stream::iter(reads).buffer_unordered(50).collect().await;
    assert!(reads.iter().all(Result::is_ok));
    let refused = sandbox.journal();
    let refused = refused.iter().filter(|seen| seen.status == Some(429));
    assert_eq!(refused.count(), 0);
}

/// A sandbox with a small plan whose replies have such headers, and a client that takes it for the largest plan.
fn start_with_a_wrong_plan(
    headers: LimitHeaders,
    model: WindowModel,
) -> (Arc<Sandbox>, ZendeskConfig) {
    let quota = Quota {
        calls: 200,
        window: Duration::from_secs(60),
        model,
    };
    let (sandbox, _) = start_with(|builder| {
        let builder = builder.zendesk_quota(quota);
        builder.zendesk_limit_headers(headers)
    });
    let latency = Fault::Delay(Duration::from_millis(80));
    sandbox.inject(Rule::new(latency).always());
    let http = HttpConfig::default().transport(InProcess::new(Arc::clone(&sandbox)));
    let base_url = sandbox.base_url(Vendor::Zendesk);
    let config = ZendeskConfig::new(base_url, ZENDESK_EMAIL, ZENDESK_API_TOKEN);
    (sandbox, config.plan(Plan::HighVolume).http(http))
}

/// How many calls were above a limit, by the sandbox's count.
fn refused(sandbox: &Sandbox) -> usize {
    let seen = sandbox.journal();
    seen.iter().filter(|seen| seen.is_above_quota()).count()
}

/// Reads these tickets, up to 50 at once.
async fn read_all(tickets: &Tickets, ids: Vec<String>) {
    let reads = ids.into_iter().map(|id| {
        let tickets = tickets.clone();
        async move { tickets.get(id).await }
    });
    let reads: Vec<_> = stream::iter(reads).buffer_unordered(50).collect().await;
    let failed = reads.iter().find_map(|read| read.as_ref().err());
    assert!(failed.is_none(), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn limit_that_replies_tell_is_kept_where_the_plan_is_set_too_high() {
    for model in [WindowModel::Fixed, WindowModel::Sliding] {
        for (headers, is_told) in [
            (LimitHeaders::Current, true),
            (LimitHeaders::Older, true),
            (LimitHeaders::Absent, false),
        ] {
            let (sandbox, config) = start_with_a_wrong_plan(headers, model);
            sandbox.add_tickets(Vendor::Zendesk, 700);
            let tickets = Tickets::new(Zendesk::new(&config).unwrap());
            let begun = Instant::now();
            read_all(&tickets, sandbox.ticket_ids(Vendor::Zendesk)).await;
            let took = begun.elapsed();
            assert_eq!(refused(&sandbox) == 0, is_told, "{headers:?} {model:?}");
            // Slower than the limit allows by a few calls only.
            let least = Duration::from_secs(180);
            assert!(
                took >= least && took < least * 5 / 4,
                "{took:?} {headers:?} {model:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_other_programs_and_earlier_processes_used_up_is_waited_for() {
    let (sandbox, config) = start_with_a_wrong_plan(LimitHeaders::Current, WindowModel::Fixed);
    sandbox.add_tickets(Vendor::Zendesk, 150);
    let ids = sandbox.ticket_ids(Vendor::Zendesk);
    let connect = || Tickets::new(Zendesk::new(&config).unwrap());
    read_all(&connect(), ids.clone()).await;
    let begun = Instant::now();
    let second = connect();
    second.get("1").await.unwrap();
    read_all(&second, ids).await;
    assert_eq!(refused(&sandbox), 0);
    assert!(begun.elapsed() > Duration::from_secs(50));
}

#[tokio::test(start_paused = true)]
async fn limit_of_an_endpoint_is_learned_and_delays_no_other() {
    let (sandbox, config) = start_with_a_wrong_plan(LimitHeaders::Current, WindowModel::Fixed);
    sandbox.add_tickets(Vendor::Zendesk, 1);
    let tickets = Tickets::new(Zendesk::new(&config).unwrap());
    tokio::time::advance(Duration::from_secs(120)).await;
    let query = TicketQuery::new().updated_after("2026-01-26T00:00:00Z".parse().unwrap());
    let begun = Instant::now();
    for _ in 0..10 {
        tickets.list(&query).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    // The export takes 10 calls a minute, which is not declared.
    tickets.get("1").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    tickets.list(&query).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(50));
    assert_eq!(refused(&sandbox), 0);
}

#[tokio::test(start_paused = true)]
async fn create_without_an_answer_is_repeated_with_its_key_and_told_as_the_earlier_one() {
    let (sandbox, zendesk) = start();
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Create));
    let tickets = Tickets::new(zendesk);
    let ticket = NewTicket::new("Card refused").description("The till says: declined.");
    let created = tickets.create(&ticket).await.unwrap();
    assert!(created.by_earlier_attempt);
    assert_eq!(
        sandbox.ticket_ids(Vendor::Zendesk),
        [created.id.to_string()]
    );
    let journal = sandbox.journal();
    let keys = journal.iter().map(|seen| seen.header("idempotency-key"));
    let keys: Vec<_> = keys.collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].is_some_and(|key| key.len() == 32) && keys[0] == keys[1]);
    // The same ticket again is another one.
    let second = tickets.create(&ticket).await.unwrap();
    assert!(!second.by_earlier_attempt && second.id != created.id);
    // Files are uploaded anew at each attempt, so that the key would be refused.
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Create));
    let file = Attachment::new("a.txt", *b"hello");
    let error = tickets.create(&ticket.attachment(file)).await.unwrap_err();
    assert_eq!((error.effect(), error.attempts()), (Effect::Unknown, 1));
    assert_eq!(sandbox.tickets(Vendor::Zendesk).len(), 3);
}

/// The outcomes of a delete, by ticket.
async fn delete(tickets: &Tickets, ids: &[String]) -> Vec<(String, Outcome)> {
    let named = stream::iter(ids.to_vec()).map(|id| ((), id));
    let settled = tickets.apply(Change::Delete, named, &BulkOptions::default());
    let settled = settled.map(|one| (one.id.to_string(), one.outcome));
    settled.collect().await
}

fn words(outcomes: &[(String, Outcome)]) -> Vec<(&str, &str)> {
    let mut words: Vec<_> = outcomes
        .iter()
        .map(|(id, outcome)| (id.as_str(), outcome.as_str()))
        .collect();
    words.sort_unstable();
    words
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_is_told_when_its_job_has_ended_and_each_ticket_by_its_own_result() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 2);
    sandbox.add_ticket(Vendor::Zendesk, TicketSeed::new("Kept").locked());
    let tickets = Tickets::new(zendesk);
    let ids = ["1", "2", "3", "9"].map(str::to_owned);
    let outcomes = delete(&tickets, &ids).await;
    assert_eq!(
        words(&outcomes),
        [
            ("1", "done"),
            ("2", "done"),
            ("3", "failed"),
            ("9", "not_found")
        ]
    );
    assert_eq!(seen(&sandbox, Endpoint::Delete), 1);
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk), ["3"]);
}

#[tokio::test(start_paused = true)]
async fn job_without_results_and_one_that_vanishes_are_settled_by_a_look() {
    for odd in [JobFault::NoResults, JobFault::OneResult, JobFault::Vanishes] {
        let (sandbox, zendesk) = start();
        sandbox.add_tickets(Vendor::Zendesk, 3);
        sandbox.inject(Rule::new(Fault::Job(odd)));
        let tickets = Tickets::new(zendesk);
        let ids = sandbox.ticket_ids(Vendor::Zendesk);
        let outcomes = delete(&tickets, &ids).await;
        // What was seen may have been somebody else's delete: either word is true.
        for (id, outcome) in &outcomes {
            assert!(
                matches!(outcome, Outcome::Done | Outcome::AlreadyDone),
                "{odd:?} {id} {outcome}"
            );
        }
        assert_eq!(seen(&sandbox, Endpoint::Delete), 1, "{odd:?}");
        // Two each if the first look comes before the job's end.
        assert!(seen(&sandbox, Endpoint::Get) >= 3, "{odd:?}");
        assert!(sandbox.ticket_ids(Vendor::Zendesk).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn failed_job_leaves_no_ticket_told_as_deleted() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 3);
    sandbox.inject(Rule::new(Fault::Job(JobFault::Fails)).always());
    let tickets = Tickets::new(zendesk);
    let ids = sandbox.ticket_ids(Vendor::Zendesk);
    let outcomes = delete(&tickets, &ids).await;
    assert!(
        outcomes.iter().all(|(_, outcome)| !outcome.is_done()),
        "{outcomes:?}"
    );
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_deletes_as_odd_jobs_contradict_no_ticket() {
    let (sandbox, zendesk) = start();
    sandbox.add_tickets(Vendor::Zendesk, 10_000);
    let odd = [
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Status(503),
        Fault::StatusAfterEffect(500),
        Fault::Job(JobFault::Vanishes),
        Fault::Job(JobFault::Fails),
        Fault::Job(JobFault::Partial),
        Fault::Job(JobFault::NoResults),
        Fault::Job(JobFault::OneResult),
    ];
    sandbox.random_faults(19, 0.1, odd.to_vec());
    // How long it waits between attempts is drawn too.
    let options = StackOptions::default().seed(19);
    let tickets = Tickets::with_options(Arc::new(zendesk), &options);
    let ids = sandbox.ticket_ids(Vendor::Zendesk);
    let outcomes = delete(&tickets, &ids).await;
    assert_eq!(outcomes.len(), 10_000);
    let (mut done, mut left, mut unknown) = (0, 0, 0);
    for (id, outcome) in &outcomes {
        let exists = sandbox.exists(Vendor::Zendesk, id);
        match outcome {
            Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_) => {
                assert!(!exists, "{id} is told as {outcome} and exists");
                done += 1;
            }
            Outcome::Failed(_) => {
                assert!(exists, "{id} is told as {outcome} and is deleted");
                left += 1;
            }
            _ => unknown += 1,
        }
    }
    let looks = seen(&sandbox, Endpoint::Get);
    println!(
        "{done} deleted, {left} failed, {unknown} unknown; {} jobs, {} polls, {looks} looks",
        seen(&sandbox, Endpoint::Delete),
        seen(&sandbox, Endpoint::Job)
    );
    assert!(done > 8_000 && looks > 0, "{done} {left} {unknown} {looks}");
}
