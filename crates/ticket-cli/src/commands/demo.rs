//! `tickets demo`: the whole story of this command in a sandbox of its own, held against the sandbox's
//! true state. It goes through the same trait and the same accounts as every other command.

use comfy_table::Color;
use serde::Serialize;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tickets::{DeleteOutcome, DeleteReport, Effect, NewTicket, Person, Priority, TicketRef};

use crate::accounts::{Account, Accounts, start_sandbox};
use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::output::{Output, Record};
use crate::text::counted;

const SUBJECT: &str = "Please erase my data";
/// An id that nobody has.
const NOBODYS: &str = "9999999";

pub(super) async fn run(global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::of_sandbox(start_sandbox(0).await?, global);
    let mut story = Story::new(&accounts, output)?;
    story.create().await?;
    story.read().await?;
    story.delete().await?;
    story.lose_an_answer().await?;
    story.end()
}

/// What happened so far.
struct Story<'a> {
    output: &'a Output,
    sandbox: &'a Sandbox,
    accounts: Vec<(Vendor, Account)>,
    rows: Vec<Row>,
}

/// What was said about a ticket, and what is true.
#[derive(Serialize)]
struct Row {
    ticket: TicketRef,
    created: bool,
    read: bool,
    deleted: Option<&'static str>,
    /// Whether the ticket really is at the vendor: `there`, `gone` or `never was`.
    at_the_vendor: &'static str,
    /// Whether all that was said is true.
    agrees: bool,
    #[serde(skip)]
    vendor: Vendor,
}

impl<'a> Story<'a> {
    fn new(accounts: &'a Accounts, output: &'a Output) -> Result<Self, Failure> {
        let sandbox = accounts
            .sandbox()
            .ok_or_else(|| Failure::local("the demo has no sandbox".to_owned()))?;
        let connected = Vendor::ALL
            .into_iter()
            .map(|vendor| Ok((vendor, accounts.connect(vendor.prefix())?)));
        Ok(Self {
            output,
            sandbox,
            accounts: connected.collect::<Result<_, Failure>>()?,
            rows: Vec::new(),
        })
    }

    fn tell(&self, text: &str) -> Result<(), Failure> {
        self.output
            .narrate(text)
            .map_err(|error| Failure::output(&error))
    }

    fn account(&self, vendor: Vendor) -> Result<&Account, Failure> {
        let found = self.accounts.iter().find(|(known, _)| *known == vendor);
        found.map(|(_, account)| account).ok_or_else(|| {
            Failure::local(format!("the demo has no account at {}", vendor.prefix()))
        })
    }

    async fn create(&mut self) -> Result<(), Failure> {
        self.tell("1. File a ticket at every vendor, and a second one at Sweeppea.")?;
        for vendor in Vendor::ALL.into_iter().chain([Vendor::Sweeppea]) {
            let account = self.account(vendor)?;
            let created = account
                .tickets
                .create(&new_ticket(vendor))
                .await
                .map_err(|error| Failure::of_call(&error, account, None))?;
            let ticket = TicketRef::new(&account.name, &created.id);
            self.tell(&format!("   created  {ticket}"))?;
            let true_subject = self
                .sandbox
                .ticket(vendor, created.id.as_str())
                .map(|ticket| ticket.subject);
            self.rows.push(Row {
                created: true,
                agrees: true_subject.as_deref() == Some(SUBJECT),
                ..Row::new(vendor, ticket)
            });
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Failure> {
        self.tell("2. Read them back.")?;
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            let account = self.account(row.vendor)?;
            let ticket = account
                .tickets
                .get(&row.ticket.id)
                .await
                .map_err(|error| Failure::of_call(&error, account, Some(&row.ticket)))?;
            let subject = ticket.subject.unwrap_or_default();
            self.tell(&format!("   read     {}: \"{subject}\"", row.ticket))?;
            row.read = true;
            row.agrees &= subject == SUBJECT;
        }
        self.rows = rows;
        Ok(())
    }

    /// All first tickets, each named twice, together with one that nobody has.
    async fn delete(&mut self) -> Result<(), Failure> {
        self.tell("3. Delete one at every vendor, named twice each, and one that nobody has.")?;
        for vendor in Vendor::ALL {
            let Some(first) = self.rows.iter().find(|row| row.vendor == vendor) else {
                continue;
            };
            let account = self.account(vendor)?;
            let nobodys = TicketRef::new(&account.name, NOBODYS);
            let asked = [
                first.ticket.id.clone(),
                nobodys.id.clone(),
                first.ticket.id.clone(),
            ];
            let before = self.seen();
            let report = account.tickets.delete(asked).await;
            let sent = counted(self.seen() - before, "request");
            let said: Vec<_> = report
                .iter()
                .map(|(id, outcome)| format!("{id} {}", words(outcome.as_str())))
                .collect();
            self.tell(&format!(
                "   {}: {}  ({sent})",
                account.name,
                said.join(", ")
            ))?;
            self.rows.push(Row::new(vendor, nobodys));
            self.settle(vendor, &report);
        }
        Ok(())
    }

    async fn lose_an_answer(&mut self) -> Result<(), Failure> {
        let vendor = Vendor::Sweeppea;
        self.tell("4. Delete the second one at Sweeppea, and lose the answer on its way back.")?;
        let Some(row) = self
            .rows
            .iter()
            .find(|row| row.vendor == vendor && row.deleted.is_none())
        else {
            return Ok(());
        };
        let lost = Rule::new(Fault::LostResponse);
        self.sandbox
            .inject(lost.vendor(vendor).endpoint(Endpoint::Delete));
        let report = self.account(vendor)?.tickets.delete([&row.ticket.id]).await;
        for (id, outcome) in report.iter() {
            let why = match outcome.error() {
                Some(error) => format!("  ({}, effect {})", error.kind(), error.effect()),
                None => String::new(),
            };
            self.tell(&format!(
                "   sweeppea: {id} {}{why}",
                words(outcome.as_str())
            ))?;
            let truth = if self.sandbox.exists(vendor, id.as_str()) {
                "there"
            } else {
                "gone"
            };
            self.tell(&format!("   in truth: {id} is {truth}"))?;
        }
        self.settle(vendor, &report);
        Ok(())
    }

    /// Notes what was said and holds it against the truth.
    fn settle(&mut self, vendor: Vendor, report: &DeleteReport) {
        for row in self.rows.iter_mut().filter(|row| row.vendor == vendor) {
            if let Some(outcome) = report.outcome(&row.ticket.id) {
                row.deleted = Some(outcome.as_str());
                let exists = self.sandbox.exists(vendor, row.ticket.id.as_str());
                row.agrees &= is_true(outcome, row.created, exists);
            }
        }
    }

    fn end(mut self) -> Result<Exit, Failure> {
        for row in &mut self.rows {
            let exists = self.sandbox.exists(row.vendor, row.ticket.id.as_str());
            row.at_the_vendor = match (exists, row.created) {
                (true, _) => "there",
                (false, true) => "gone",
                (false, false) => "never was",
            };
        }
        let agree = self.rows.iter().all(|row| row.agrees);
        self.tell("")?;
        let mut sheet = self.output.sheet();
        self.rows
            .iter()
            .try_for_each(|row| sheet.push(row))
            .and_then(|()| sheet.finish())
            .map_err(|error| Failure::output(&error))?;
        let verdict = if agree {
            "every outcome agrees with the true state"
        } else {
            "NOT every outcome agrees with the true state"
        };
        self.tell(&format!(
            "\nsandbox: {} seen, {verdict}",
            counted(self.seen(), "request")
        ))?;
        Ok(if agree { Exit::Done } else { Exit::Failed })
    }

    fn seen(&self) -> usize {
        self.sandbox.journal().len()
    }
}

/// Whether an outcome is true of a ticket that was there before, and is there now, or not.
fn is_true(outcome: &DeleteOutcome, was_there: bool, is_there: bool) -> bool {
    match outcome {
        DeleteOutcome::Deleted | DeleteOutcome::AlreadyGone => was_there && !is_there,
        DeleteOutcome::NotFound(_) => !is_there,
        DeleteOutcome::Failed(error) => error.effect() == Effect::Unknown || was_there == is_there,
        // It claims nothing.
        DeleteOutcome::Unknown(_) => true,
        _ => false,
    }
}

/// Each vendor takes other fields, and refuses what it cannot carry.
fn new_ticket(vendor: Vendor) -> NewTicket {
    let ticket = NewTicket::new(SUBJECT).description("All of it, please.");
    let requester = Person::default().email("customer@example.com");
    match vendor {
        Vendor::OneCloud => ticket
            .category("Request")
            .requester(requester.name("A customer")),
        Vendor::Sweeppea => ticket.priority(Priority::High),
        _ => ticket.priority(Priority::High).requester(requester),
    }
}

fn words(outcome: &str) -> String {
    outcome.replace('_', " ")
}

impl Row {
    fn new(vendor: Vendor, ticket: TicketRef) -> Self {
        Self {
            ticket,
            created: false,
            read: false,
            deleted: None,
            at_the_vendor: "",
            agrees: true,
            vendor,
        }
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] =
        &["ticket", "created", "read", "deleted", "at the vendor"];

    fn cells(&self) -> Vec<String> {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        vec![
            self.ticket.to_string(),
            yes(self.created),
            yes(self.read),
            words(self.deleted.unwrap_or("no")),
            self.at_the_vendor.to_owned(),
        ]
    }

    fn colour(&self) -> Option<(usize, Color)> {
        Some((
            4,
            if self.agrees {
                Color::Green
            } else {
                Color::Red
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use tickets::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_false_claim_does_not_agree_with_the_truth() {
        let none = Error::new(ErrorKind::Conflict, "x");
        let unknown = Error::new(ErrorKind::Unavailable, "x");
        for (outcome, was_there, is_there, agrees) in [
            (DeleteOutcome::Deleted, true, false, true),
            (DeleteOutcome::Deleted, true, true, false),
            (DeleteOutcome::Deleted, false, false, false),
            (DeleteOutcome::AlreadyGone, true, true, false),
            (DeleteOutcome::NotFound(none.clone()), false, false, true),
            (DeleteOutcome::NotFound(none.clone()), true, true, false),
            (DeleteOutcome::Failed(none.clone()), true, true, true),
            (DeleteOutcome::Failed(none.clone()), true, false, false),
            (DeleteOutcome::Failed(none), false, false, true),
            (DeleteOutcome::Unknown(unknown.clone()), true, true, true),
            (DeleteOutcome::Unknown(unknown), true, false, true),
        ] {
            assert_eq!(
                is_true(&outcome, was_there, is_there),
                agrees,
                "{outcome:?} {was_there} {is_there}"
            );
        }
    }
}
