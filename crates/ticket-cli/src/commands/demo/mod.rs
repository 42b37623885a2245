//! `tickets demo`: deletes 40 tickets in a private sandbox, loses a reply, kills the command in the middle, resumes it, and
//! compares what it reports of each ticket with the sandbox.
//!
//! What is run and killed is this command itself, in processes of their own: see `shell.rs`.

mod claim;
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tickets::TicketRef;
use tokio::time::Instant;

use crate::accounts::start_sandbox;
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use claim::{Claim, Row};
use shell::Shell;

/// The vendors of the demo: those that delete at once. Zendesk's jobs would take longer than the demo.
const VENDORS: [Vendor; 5] = [
    Vendor::OneCloud,
    Vendor::Sweeppea,
    Vendor::LeadSquared,
    Vendor::Redmine,
    Vendor::Rt,
];
/// How many tickets are deleted at OneCloud, and at each other vendor: 40 in all.
const AT_ONECLOUD: usize = 16;
const AT_OTHERS: usize = 6;
/// How many others are there, which nobody may touch.
const OTHERS: usize = 2;
/// How many deletes of a vendor are answered before one is not. LeadSquared and RT take all tickets in one.
///
/// The others answer all: Sweeppea says *not found* of a ticket that is gone and of somebody else's, so that what became of
/// one whose reply is lost would stay unknown, and Redmine's are looked at only seconds later, because it gives ids out again.
const HANGING: [(Vendor, u64); 3] = [
    (Vendor::OneCloud, 4),
    (Vendor::LeadSquared, 0),
    (Vendor::Rt, 0),
];
/// Longer than the demo.
const NEVER: Duration = Duration::from_secs(3600);
/// How long the command is given to get into the middle of its work.
const SOON: Duration = Duration::from_secs(4);
/// The timeout of requests, in seconds. A resumed job waits until the requests before the kill must have ended.
const TIMEOUT: &str = "1";

pub(super) async fn run(output: &Output) -> Result<Exit, Failure> {
    let sandbox = start_sandbox(Sandbox::builder().seed_tickets(false)).await?;
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::local(format!("no temporary folder can be made: {error}")))?;
    let mut demo = Demo {
        output,
        shell: Shell {
            sandbox: &sandbox,
            folder: folder.path(),
        },
        sandbox: &sandbox,
        tickets: Vec::new(),
        others: Vec::new(),
    };
    demo.prepare()?;
    let (job, told) = demo.delete_until_killed().await?;
    let in_flight = demo.say_what_was_killed(&told)?;
    demo.resume(&job).await?;
    let claims = demo.claims(&job, &told, &in_flight).await?;
    demo.end(&claims)
}

/// The demo, and the tickets in it.
struct Demo<'a> {
    output: &'a Output,
    shell: Shell<'a>,
    sandbox: &'a Sandbox,
    tickets: Vec<(Vendor, TicketRef)>,
    others: Vec<(Vendor, String)>,
}

impl Demo<'_> {
    fn say(&self, text: &str) -> Result<(), Failure> {
        self.output
            .write_in_table_only(text)
            .map_err(|error| Failure::output(&error))
    }

    /// Files the tickets, and writes the list of those that are to be deleted.
    fn prepare(&mut self) -> Result<(), Failure> {
        let mut list = String::new();
        for vendor in VENDORS {
            let deleted = match vendor {
                Vendor::OneCloud => AT_ONECLOUD,
                _ => AT_OTHERS,
            };
            self.sandbox.add_tickets(vendor, deleted + OTHERS);
            for (number, id) in self.sandbox.ticket_ids(vendor).into_iter().enumerate() {
                if number < deleted {
                    let ticket = TicketRef::new(vendor.prefix(), id.as_str());
                    let _ = writeln!(list, "{ticket}");
                    self.tickets.push((vendor, ticket));
                } else {
                    self.others.push((vendor, id));
                }
            }
        }
        std::fs::write(self.shell.folder.join("tickets.txt"), list)
            .map_err(|error| Failure::local(format!("tickets.txt cannot be written: {error}")))?;
        self.say(
            "40 tickets at five support systems are to be deleted. A sandbox on this\n\
             machine stands in for the systems: nothing real is touched.\n",
        )
    }

    /// Starts to delete them, and kills the command when a request is on its way at each vendor. Returns the job, and the
    /// tickets that were reported until then.
    async fn delete_until_killed(&self) -> Result<(String, BTreeSet<TicketRef>), Failure> {
        let lost = Rule::new(Fault::LostResponse).vendor(Vendor::OneCloud);
        self.sandbox.inject(lost.endpoint(Endpoint::Delete).skip(1));
        for (vendor, answered) in HANGING {
            let hangs = Rule::new(Fault::Delay(NEVER)).vendor(vendor);
            let hangs = hangs.endpoint(Endpoint::Delete).skip(answered);
            self.sandbox.inject(hangs.always());
        }
        self.say(
            "1. Start deleting\n   $ tickets delete --from tickets.txt --yes\n   \
             One reply of OneCloud is lost on its way back. The command asks again, does\n   \
             not find the ticket any more, and reports it as `already gone`.\n",
        )?;
        let mut running = self.shell.start(&[
            "delete",
            "--from",
            "tickets.txt",
            "--yes",
            "--concurrency",
            "1",
            "--timeout",
            TIMEOUT,
        ])?;
        let mut told = BTreeSet::new();
        let end = Instant::now() + SOON;
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while !self.is_in_the_middle(&told) && Instant::now() < end {
            tokio::select! {
                row = running.next() => match row? {
                    Some(row) => told.extend(ticket(&row)),
                    None => break,
                },
                _ = tick.tick() => {}
            }
        }
        running.kill().await?;
        self.sandbox.withdraw_faults();
        let jobs = self.shell.run(&["job", "list"]).await?;
        let job = jobs.first().and_then(|job| job.get("job")?.as_str());
        let job = job.ok_or_else(|| Failure::local("the killed command left no job"))?;
        Ok((job.to_owned(), told))
    }

    /// Whether the requests that hang are on their way, and what came before is reported. Vendors that answer all have answered
    /// all: a request of theirs on its way could stay unknown.
    fn is_in_the_middle(&self, told: &BTreeSet<TicketRef>) -> bool {
        VENDORS.into_iter().all(|vendor| {
            let own = told.iter().filter(|one| one.account == vendor.prefix());
            let told = own.count();
            match HANGING.iter().find(|(other, _)| *other == vendor) {
                // One of OneCloud's is the second request about the same ticket.
                Some((_, answered)) => told as u64 + 1 >= *answered && self.gone(vendor) > told,
                None => told == AT_OTHERS,
            }
        })
    }

    /// How many of the tickets of a vendor are deleted in truth.
    fn gone(&self, vendor: Vendor) -> usize {
        let own = self.tickets.iter().filter(|(other, _)| *other == vendor);
        own.filter(|(_, ticket)| !self.exists(vendor, ticket))
            .count()
    }

    fn exists(&self, vendor: Vendor, ticket: &TicketRef) -> bool {
        self.sandbox.exists(vendor, ticket.id.as_str())
    }

    /// Returns the tickets whose requests were on their way.
    fn say_what_was_killed(
        &self,
        told: &BTreeSet<TicketRef>,
    ) -> Result<BTreeSet<TicketRef>, Failure> {
        let in_flight: BTreeSet<_> = self
            .tickets
            .iter()
            .filter(|(vendor, ticket)| !self.exists(*vendor, ticket) && !told.contains(ticket))
            .map(|(_, ticket)| ticket.clone())
            .collect();
        let open = self.tickets.len() - told.len() - in_flight.len();
        self.say(&format!(
            "2. Kill it in the middle (kill -9)\n   \
             {} tickets are reported as gone. The requests for {} more were sent, but\n   \
             their replies never came. {open} were not sent yet.\n",
            told.len(),
            in_flight.len(),
        ))?;
        Ok(in_flight)
    }

    async fn resume(&self, job: &str) -> Result<(), Failure> {
        self.say(&format!(
            "3. Resume\n   $ tickets job run {job}\n   \
             It waits a few seconds until no earlier request can act any more, finds out\n   \
             what became of those without a reply, and deletes the rest.\n"
        ))?;
        self.shell
            .run(&["job", "run", job, "--timeout", TIMEOUT])
            .await
            .map(drop)
    }

    /// What the ledger says of each ticket, beside the truth.
    async fn claims(
        &self,
        job: &str,
        told: &BTreeSet<TicketRef>,
        in_flight: &BTreeSet<TicketRef>,
    ) -> Result<Vec<Claim>, Failure> {
        let rows = self.shell.run(&["job", "show", job, "--tickets"]).await?;
        let rows = rows.iter();
        let outcomes: BTreeMap<_, _> = rows
            .filter_map(|row| Some((ticket(row)?, row.get("outcome")?.as_str()?)))
            .collect();
        let claims = self.tickets.iter().map(|(vendor, ticket)| {
            let said = outcomes.get(ticket).copied().unwrap_or_default();
            let exists = self.exists(*vendor, ticket);
            Claim {
                ticket: ticket.clone(),
                step: if told.contains(ticket) {
                    "before"
                } else if in_flight.contains(ticket) {
                    "in_flight"
                } else {
                    "after"
                },
                said: said.to_owned(),
                exists,
                agrees: claim::is_true(said, exists),
            }
        });
        Ok(claims.collect())
    }

    fn end(&self, claims: &[Claim]) -> Result<Exit, Failure> {
        self.say("4. What became of each ticket")?;
        let written = if self.output.format == OutputFormat::Table {
            let mut writer = self.output.writer();
            VENDORS
                .into_iter()
                .try_for_each(|vendor| writer.push(Row::of(vendor.prefix(), claims)))
                .and_then(|()| writer.finish())
        } else {
            let mut writer = self.output.writer();
            claims
                .iter()
                .try_for_each(|claim| writer.push(claim))
                .and_then(|()| writer.finish())
        };
        written.map_err(|error| Failure::output(&error))?;
        let others = &self.others;
        let kept = |(vendor, id): &&(Vendor, String)| self.sandbox.exists(*vendor, id);
        let kept = others.iter().filter(kept).count();
        let differ = claims.iter().filter(|claim| !claim.agrees).count();
        let is_true = differ == 0 && kept == others.len();
        let verdict = if is_true {
            format!(
                "Compared with the sandbox, every outcome is true: {} tickets are gone, and\n\
                 the other {kept} are still there.",
                VENDORS
                    .into_iter()
                    .map(|vendor| self.gone(vendor))
                    .sum::<usize>()
            )
        } else {
            format!(
                "Compared with the sandbox, {differ} outcomes are NOT true, and of the other {}\n\
                 tickets {kept} are still there.",
                others.len()
            )
        };
        self.say(&format!(
            "\n{verdict}\n\nTry it yourself, in a sandbox that stays:\n  {}\n  tickets list onecloud\n  \
             tickets delete onecloud:121 leadsquared:160",
            super::sandbox::START
        ))?;
        Ok(if is_true { Exit::Done } else { Exit::Failed })
    }
}

/// The ticket of a row.
fn ticket(row: &serde_json::Value) -> Option<TicketRef> {
    row.get("ticket")?.as_str()?.parse().ok()
}
