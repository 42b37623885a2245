//! `tickets demo`: shows the life of a ticket in a private sandbox, step by step, and compares each outcome
//! with the true state of the sandbox. It uses the same trait and accounts as every other command.
//!
//! The steps in the middle are in `step.rs`, the printed claims in `claim.rs`.

mod claim;
mod step;

use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, Vendor};
use tickets::accounts::Account;
use tickets::model::{Attachment, Person, Priority};
use tickets::provider::Field;
use tickets::{
    Change, DeleteReport, Effect, ErrorKind, NewTicket, Operation, Outcome, Registry, TicketRef,
};

use crate::accounts::{Accounts, start_sandbox};
use crate::args::{Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::text::counted;
use claim::{Claim, pivot};

const SUBJECT: &str = "Erase me";
/// A message that the customer writes in the vendor's system.
const ANSWER: &str = "When?";
const FILE: &[u8] = b"signed by hand";
/// An id of no ticket.
const NOBODYS: &str = "9999999";

pub(super) async fn run(global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::of_sandbox(
        start_sandbox(Sandbox::builder()).await?,
        Registry::new(),
        global,
    );
    let mut run = DemoRun::new(&accounts, output)?;
    run.create().await?;
    run.write_line("2. Find the first one in the vendor's list.")?;
    run.step(Operation::List, 0).await?;
    run.write_line("3. Change its subject, and read it back.")?;
    run.step(Operation::Update, 0).await?;
    run.step(Operation::Get, 0).await?;
    run.write_line("4. Write a note on it.")?;
    run.step(Operation::Comment, 0).await?;
    run.write_line("5. The customer writes at the vendor's; read that.")?;
    run.add_customer_message();
    run.step(Operation::Messages, 0).await?;
    run.write_line("6. Resolve the second one.")?;
    run.step(Operation::Resolve, 1).await?;
    run.delete().await?;
    run.delete_with_lost_reply().await?;
    run.end()
}

/// The state of the demo.
struct DemoRun<'a> {
    output: &'a Output,
    sandbox: &'a Sandbox,
    places: Vec<Place>,
    claims: Vec<Claim>,
}

/// A vendor and the tickets created there.
struct Place {
    vendor: Vendor,
    account: Account,
    filed: Vec<TicketRef>,
}

impl<'a> DemoRun<'a> {
    fn new(accounts: &'a Accounts, output: &'a Output) -> Result<Self, Failure> {
        let sandbox = accounts
            .sandbox()
            .ok_or_else(|| Failure::local("the demo has no sandbox"))?;
        let places = Vendor::ALL.into_iter().map(|vendor| {
            Ok(Place {
                vendor,
                account: accounts.connect(vendor.prefix())?,
                filed: Vec::new(),
            })
        });
        Ok(Self {
            output,
            sandbox,
            places: places.collect::<Result<_, Failure>>()?,
            claims: Vec::new(),
        })
    }

    fn write_line(&self, text: &str) -> Result<(), Failure> {
        self.output
            .write_in_table_only(text)
            .map_err(|error| Failure::output(&error))
    }

    /// Number of requests that the sandbox received.
    fn seen(&self) -> usize {
        self.sandbox.journal().len()
    }

    async fn create(&mut self) -> Result<(), Failure> {
        self.write_line("1. File two tickets at every vendor; with a file, where it takes one.")?;
        for place in &mut self.places {
            let (vendor, account) = (place.vendor, &place.account);
            let new = new_ticket(vendor, account);
            let files = new.attachments.len();
            for step in ["create", "create another"] {
                let created = account.tickets.create(&new).await;
                let created = created.map_err(|error| account.diagnose(error, None))?;
                let ticket = TicketRef::new(&account.name, &created.id);
                let truth = self.sandbox.ticket(vendor, created.id.as_str());
                let agrees = truth.as_ref().is_some_and(|truth| {
                    truth.subject == SUBJECT
                        && truth.attachments.len() == files
                        && truth.attachments.iter().all(|file| file.bytes == FILE)
                });
                place.filed.push(ticket.clone());
                self.claims.push(Claim {
                    ticket,
                    step,
                    said: Some("created".to_owned()),
                    exists: truth.is_some(),
                    agrees,
                    vendor,
                });
            }
        }
        for place in &self.places {
            let filed: Vec<_> = place.filed.iter().map(ToString::to_string).collect();
            self.write_line(&format!("   create: {}", filed.join(", ")))?;
        }
        Ok(())
    }

    /// Makes a call for the first or the second ticket of every vendor, and compares the result with the true
    /// state.
    async fn step(&mut self, operation: Operation, which: usize) -> Result<(), Failure> {
        let mut line = Vec::new();
        for place in &self.places {
            let Some(ticket) = place.filed.get(which) else {
                continue;
            };
            let (vendor, account) = (place.vendor, &place.account);
            let before = self.seen();
            let said = match step::call(operation, &account.tickets, &ticket.id).await {
                Ok(said) => Some(said),
                Err(error) if error.kind() == ErrorKind::Unsupported => None,
                Err(error) => return Err(account.diagnose(error, Some(ticket)).into()),
            };
            let truth = self.sandbox.ticket(vendor, ticket.id.as_str());
            let agrees = match (&said, &truth) {
                (Some(said), Some(truth)) => step::is_true(operation, said, truth),
                (Some(_), None) => false,
                // An unsupported operation fails before anything is sent.
                (None, _) => self.seen() == before,
            };
            line.push(format!(
                "{} {}",
                account.name,
                claim::words(said.as_deref())
            ));
            self.claims.push(Claim {
                ticket: ticket.clone(),
                step: operation.as_str(),
                said,
                exists: truth.is_some(),
                agrees,
                vendor,
            });
        }
        self.write_line(&in_lines(&format!("   {operation}: "), &line))
    }

    fn add_customer_message(&self) {
        for place in &self.places {
            let kind = match place.vendor {
                // Sweeppea returns notes only.
                Vendor::Sweeppea => MessageKind::Note,
                _ => MessageKind::Incoming,
            };
            if let Some(ticket) = place.filed.first() {
                self.sandbox
                    .add_message(place.vendor, ticket.id.as_str(), kind, ANSWER);
            }
        }
    }

    /// Deletes the first ticket of each vendor, given twice, and an id of no ticket.
    async fn delete(&mut self) -> Result<(), Failure> {
        self.write_line("7. Delete the first one, named twice, and one that nobody has.")?;
        let mut claims = Vec::new();
        for place in &self.places {
            let account = &place.account;
            let Some(first) = place.filed.first() else {
                continue;
            };
            let nobodys = TicketRef::new(&account.name, NOBODYS);
            let before = self.seen();
            let asked = [&first.id, &nobodys.id, &first.id];
            let report = account.tickets.delete(asked).await;
            let sent = counted(self.seen() - before, "request");
            self.write_line(&format!(
                "   {}: {}  ({sent})",
                account.name,
                all_of(&report)
            ))?;
            claims.extend(self.settle("delete", place.vendor, first, &report));
            claims.extend(self.settle("delete missing", place.vendor, &nobodys, &report));
        }
        self.claims.append(&mut claims);
        Ok(())
    }

    async fn delete_with_lost_reply(&mut self) -> Result<(), Failure> {
        let vendor = Vendor::OneCloud;
        self.write_line(
            "8. Delete the second one at OneCloud, and lose the answer on its way back.",
        )?;
        let place = self.places.iter().find(|place| place.vendor == vendor);
        let Some((account, ticket)) = place.and_then(|it| Some((&it.account, it.filed.get(1)?)))
        else {
            return Ok(());
        };
        let lost = Rule::new(Fault::LostResponse);
        self.sandbox
            .inject(lost.vendor(vendor).endpoint(Endpoint::Delete));
        let report = account.tickets.delete([&ticket.id]).await;
        let error = report.outcome(&ticket.id).and_then(Outcome::error);
        let why = error.map(|error| format!("  ({}, effect {})", error.kind(), error.effect()));
        let said = all_of(&report) + &why.unwrap_or_default();
        let claim = self.settle("answer lost", vendor, ticket, &report);
        let gone = claim.as_ref().is_some_and(|claim| !claim.exists);
        let truth = if gone { "gone" } else { "there" };
        self.write_line(&format!(
            "   {}: {said}; in truth it is {truth}",
            account.name
        ))?;
        self.claims.extend(claim);
        Ok(())
    }

    /// Compares the reported outcome of a delete with the true state.
    fn settle(
        &self,
        step: &'static str,
        vendor: Vendor,
        ticket: &TicketRef,
        report: &DeleteReport,
    ) -> Option<Claim> {
        let outcome = report.outcome(&ticket.id)?;
        let exists = self.sandbox.exists(vendor, ticket.id.as_str());
        let existed = ticket.id.as_str() != NOBODYS;
        Some(Claim {
            ticket: ticket.clone(),
            step,
            said: Some(Change::Delete.word(outcome).to_owned()),
            exists,
            agrees: is_true(outcome, existed, exists),
            vendor,
        })
    }

    fn end(self) -> Result<Exit, Failure> {
        self.write_line("")?;
        let written = if self.output.format == OutputFormat::Table {
            let mut writer = self.output.writer();
            pivot(&self.claims)
                .into_iter()
                .try_for_each(|row| writer.push(row))
                .and_then(|()| writer.finish())
        } else {
            let mut writer = self.output.writer();
            self.claims
                .iter()
                .try_for_each(|claim| writer.push(claim))
                .and_then(|()| writer.finish())
        };
        written.map_err(|error| Failure::output(&error))?;
        let agree = self.claims.iter().all(|claim| claim.agrees);
        self.write_line(&format!(
            "\nsandbox: {} seen, {}every outcome agrees with the true state",
            counted(self.seen(), "request"),
            if agree { "" } else { "NOT " }
        ))?;
        Ok(if agree { Exit::Done } else { Exit::Failed })
    }
}

/// Joins these with commas, in lines of at most 80 characters.
fn in_lines(start: &str, parts: &[String]) -> String {
    let (mut text, mut width) = (start.to_owned(), start.chars().count());
    for (index, part) in parts.iter().enumerate() {
        let comma = if index + 1 < parts.len() { "," } else { "" };
        let length = part.chars().count() + comma.len();
        if index > 0 && width + 1 + length > 80 {
            text.push_str("\n      ");
            width = 6;
        } else if index > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(part);
        text.push_str(comma);
        width += length;
    }
    text
}

fn all_of(report: &DeleteReport) -> String {
    let said = report.iter();
    let said = said
        .map(|(id, outcome)| format!("{id} {}", claim::words(Some(Change::Delete.word(outcome)))));
    said.collect::<Vec<_>>().join(", ")
}

/// Whether an outcome is true, given whether the ticket existed before and exists now.
fn is_true(outcome: &Outcome, was_there: bool, is_there: bool) -> bool {
    match outcome {
        Outcome::Done | Outcome::AlreadyDone => was_there && !is_there,
        Outcome::NotFound(_) => !is_there,
        Outcome::Failed(error) => error.effect() == Effect::Unknown || was_there == is_there,
        // `Unknown` claims nothing.
        Outcome::Unknown(_) => true,
        _ => false,
    }
}

/// Each vendor supports other fields and rejects the rest.
fn new_ticket(vendor: Vendor, account: &Account) -> NewTicket {
    let ticket = NewTicket::new(SUBJECT).description("All of it, please.");
    let requester = Person::default().email("customer@example.com");
    let ticket = match vendor {
        Vendor::OneCloud => ticket
            .category("Request")
            .requester(requester.name("A customer")),
        Vendor::Sweeppea | Vendor::Redmine => ticket.priority(Priority::High),
        Vendor::Rt => ticket.category("General").requester(requester),
        _ => ticket.priority(Priority::High).requester(requester),
    };
    let capabilities = &account.tickets.info().capabilities;
    let fields = capabilities.fields(Operation::Create);
    if !fields.is_some_and(|fields| fields.carried().contains(&Field::Attachments)) {
        return ticket;
    }
    ticket.attachment(Attachment::new("signature.txt", FILE).media_type("text/plain"))
}

#[cfg(test)]
mod tests {
    use tickets::{Error, ErrorKind};

    use super::*;

    #[test]
    fn false_claim_is_detected() {
        let none = Error::new(ErrorKind::Conflict, "x");
        let unknown = Error::new(ErrorKind::Unavailable, "x");
        for (outcome, was_there, is_there, agrees) in [
            (Outcome::Done, true, false, true),
            (Outcome::Done, true, true, false),
            (Outcome::Done, false, false, false),
            (Outcome::AlreadyDone, true, true, false),
            (Outcome::NotFound(none.clone()), false, false, true),
            (Outcome::NotFound(none.clone()), true, true, false),
            (Outcome::Failed(none.clone()), true, true, true),
            (Outcome::Failed(none.clone()), true, false, false),
            (Outcome::Failed(none), false, false, true),
            (Outcome::Unknown(unknown.clone()), true, true, true),
            (Outcome::Unknown(unknown), true, false, true),
        ] {
            assert_eq!(
                is_true(&outcome, was_there, is_there),
                agrees,
                "{outcome:?} {was_there} {is_there}"
            );
        }
    }
}
