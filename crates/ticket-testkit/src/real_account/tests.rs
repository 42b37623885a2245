//! What reaches a vendor with and without permission to write.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ticket_core::model::{Created, RawValue};
use ticket_core::provider::{Field, Fields, Request, Setting};
use ticket_core::{DeleteReport, DeleteTarget, Error, ErrorKind, Outcome};

use super::*;

thread_local! {
    /// The vendor of this test's thread: the subjects by id, and the writes.
    static DESK: RefCell<(BTreeMap<u64, String>, Vec<String>)> = RefCell::default();
}

#[derive(Debug)]
struct Desk(ProviderInfo);

#[derive(serde::Deserialize)]
struct DeskConfig {
    key: String,
    site: String,
}

fn raw() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap()
}

fn ticket((id, subject): (&u64, &String)) -> Ticket {
    let mut ticket = Ticket::new(id.to_string(), raw());
    ticket.subject = Some(subject.clone());
    ticket
}

impl Connect for Desk {
    type Config = DeskConfig;
    const SETTINGS: &'static [Setting] = &[
        Setting::secret("key", "DESK_KEY", "the key"),
        Setting::required("site", "DESK_SITE", "the site"),
    ];

    fn info() -> ProviderInfo {
        let capabilities = Capabilities::none()
            .get()
            .list(Fields::default())
            .create(Fields::carrying(&[Field::Subject]).requiring(&[Field::Subject]))
            .delete(1);
        ProviderInfo::new("desk", "Desk", capabilities)
    }

    fn with_timeout(config: DeskConfig, _: Duration) -> DeskConfig {
        config
    }

    fn connect(config: DeskConfig) -> Result<Self> {
        assert_eq!((&*config.key, &*config.site), ("canary-key", "site 7"));
        Ok(Self(<Self as Connect>::info()))
    }
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn get(&self, _: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.0.check(&Request::Get(id))?;
        let number = id.as_str().parse().unwrap_or(0);
        let found = DESK.with_borrow(|desk| desk.0.get_key_value(&number).map(ticket));
        let missing = || Error::new(ErrorKind::NotFound, "no such ticket");
        found.ok_or_else(|| missing().in_operation("desk", Operation::Get))
    }

    async fn list(&self, _: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.0.check(&Request::List(query))?;
        Ok(Page::last(
            DESK.with_borrow(|desk| desk.0.iter().map(ticket).collect()),
        ))
    }

    async fn create(&self, _: &CallContext, new: &NewTicket) -> Result<Created> {
        self.0.check(&Request::Create(new))?;
        DESK.with_borrow_mut(|(tickets, writes)| {
            let id = 100 + writes.len() as u64;
            writes.push("create".to_owned());
            tickets.insert(id, new.subject.clone());
            Ok(Created::new(id.to_string(), raw()))
        })
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        self.0.check(&Request::Delete(targets))?;
        DESK.with_borrow_mut(|(tickets, writes)| {
            Ok(DeleteReport::from_fn(targets, |id| {
                writes.push(format!("delete {id}"));
                let number = id.as_str().parse().unwrap_or(0);
                let error = || Error::new(ErrorKind::NotFound, "no such ticket");
                let error = || {
                    error()
                        .in_operation("desk", Operation::Delete)
                        .on_ticket(id)
                };
                let gone = tickets.remove(&number);
                gone.map_or_else(|| Outcome::NotFound(error()), |_| Outcome::Done)
            }))
        })
    }
}

struct Live;

impl RealAccount for Live {
    type Provider = Desk;
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Delete,
    ];
    const MISSING_ID: &'static str = "999999999";

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Made by the suite"))
    }
}

/// Runs on a desk with two tickets: the report, what is left of the tickets, and the writes.
async fn run_with(
    variables: &[(&str, &str)],
) -> (Result<Option<ConformanceReport>>, Vec<u64>, Vec<String>) {
    let tickets = [1, 2].map(|id| (id, format!("Somebody's {id}")));
    DESK.set((tickets.into(), Vec::new()));
    let variable = |name: &str| {
        let mut known = variables.iter();
        Some(known.find(|(known, _)| *known == name)?.1.to_owned())
    };
    let report = run::<Live>(&[], variable).await;
    let (tickets, writes) = DESK.take();
    (report, tickets.into_keys().collect(), writes)
}

const ACCOUNT: [(&str, &str); 2] = [("DESK_KEY", "canary-key"), ("DESK_SITE", " site 7\n")];

fn reason(report: &ConformanceReport, case: &str) -> String {
    report.case(case).unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn account_without_variables_is_skipped() {
    let (report, _, _) = run_with(&[("DESK_KEY", " "), ("DESK_LIVE_WRITE", "yes")]).await;
    assert!(report.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn account_without_all_settings_is_told_the_missing_variable() {
    let (report, _, _) = run_with(&[("DESK_KEY", "canary-key")]).await;
    let error = report.unwrap_err().to_string();
    assert!(error.contains("DESK_SITE"), "{error}");
    assert!(!error.contains("canary-key"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn account_without_permission_to_write_is_only_read() {
    let [key, site] = ACCOUNT;
    for permission in ["", "no", "YES"] {
        let variables = [key, site, ("DESK_LIVE_WRITE", permission)];
        let (report, left, writes) = run_with(&variables).await;
        let report = report.unwrap().unwrap();
        assert!(report.is_success(), "{report}");
        assert_eq!(writes, [""; 0]);
        assert_eq!(left, [1, 2]);
        let read = report.case("get_returns_the_requested_ticket").unwrap();
        assert!(read.is_passed(), "{read}");
        let why = reason(&report, "created_tickets_read_back");
        assert!(why.contains("no operation `create`"), "{why}");
        let why = reason(&report, "delete_again_deletes_nothing");
        assert!(why.contains("no operation `delete`"), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn account_with_permission_to_write_keeps_the_tickets_of_others() {
    let [key, site] = ACCOUNT;
    let variables = [key, site, ("DESK_LIVE_WRITE", "yes")];
    let (report, left, writes) = run_with(&variables).await;
    let report = report.unwrap().unwrap();
    assert!(report.is_success(), "{report}");
    assert!(
        report
            .case("delete_again_deletes_nothing")
            .unwrap()
            .is_passed()
    );
    assert_eq!(left.get(..2), Some(&[1, 2][..]));
    let deleted = |id: &str| writes.iter().any(|write| write == &format!("delete {id}"));
    assert!(deleted(Live::MISSING_ID) && !deleted("1") && !deleted("2"));
}

#[tokio::test(start_paused = true)]
async fn account_with_named_tickets_reads_these() {
    let [key, site] = ACCOUNT;
    let variables = [key, site, ("DESK_LIVE_TICKETS", "8, 9")];
    let (report, _, _) = run_with(&variables).await;
    let report = report.unwrap().unwrap();
    let why = reason(&report, "get_returns_the_requested_ticket");
    assert!(
        why.starts_with("failed") && why.contains("not_found"),
        "{why}"
    );
}
