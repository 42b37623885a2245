//! `tickets job identifiers`: the table of persons that an erasure was made of, with what came of it for each of them. Who
//! is meant is found by the keyed hash of the address: the ledger holds no address.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use ticket_jobs::erase::{Erased, ErasureKey};

use super::super::erase;
use super::super::identifiers::Identifiers;
use super::{erasure, find};
use crate::args::JobIdentifiers;
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::text::counted;

/// The columns that are added.
const COLUMNS: [&str; 7] = [
    "erasure_found",
    "erasure_erased",
    "erasure_in_trash",
    "erasure_still_there",
    "erasure_not_proven",
    "erasure_not_searched",
    "erasure_outcome",
];

/// The fates of tickets that are where they were.
const STILL_THERE: [&str; 3] = ["still_there", "failed", "unattempted"];

/// Prints the table as CSV, whatever the output format is.
pub(super) async fn run(
    ledger: &Ledger,
    asked: &JobIdentifiers,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, &asked.job.id).await?;
    let Some(planned) = &job.erasure else {
        let message = format!("job {} is no erasure: `tickets erase` makes those", job.id);
        return Err(Failure::refused(message));
    };
    let table = Identifiers::read(&asked.identifiers.from, &asked.identifiers.column)?;
    let path = erase::key_file(ledger)?;
    let key = ErasureKey::load(&path)?;
    if key.id() != planned.key {
        let message = format!(
            "this is not the key that job {} was made with; put that back from a backup",
            job.id
        );
        return Err(Failure::unconfigured(message).at(path.display().to_string()));
    }
    let erased = ledger.jobs.erased(&job.id).await?;
    let rows = Rows::new(&erased);
    let people: HashMap<_, _> = erased.people.iter().map(|one| (one.person, one)).collect();
    let strangers = Cell::new(0);
    let bytes = table.with(COLUMNS, |address| {
        let Some(address) = address else {
            return no_row("no_address");
        };
        let person = people.get(&key.person(address));
        strangers.set(strangers.get() + usize::from(person.is_none()));
        rows.cells(person.map(|one| &one.fates))
    })?;
    let text = String::from_utf8_lossy(&bytes);
    output
        .write_csv(&text)
        .map_err(|error| Failure::output(&error))?;
    match strangers.get() {
        0 => {}
        count => say(&format!(
            "{} with an address that is no part of job {}",
            counted(count, "row"),
            job.id
        )),
    }
    let is_looked_at = !erased.fates.contains_key("not_looked_at_again");
    if !erased.is_over || !is_looked_at {
        let command = ledger.command("run", &job.id).unwrap_or_default();
        say(&format!("the erasure is not over; `{command}` goes on"));
    }
    Ok(Exit::Done)
}

/// The cells of rows.
struct Rows {
    not_searched: String,
}

impl Rows {
    fn new(erased: &Erased) -> Self {
        Self {
            not_searched: erasure::not_searched(erased).join("; "),
        }
    }

    /// The cells of a person with these tickets; `None` for one of whom the erasure was not.
    fn cells(&self, fates: Option<&BTreeMap<&'static str, u64>>) -> [String; 7] {
        let Some(fates) = fates else {
            return no_row("not_in_job");
        };
        let sum = |names: &[&str]| -> u64 { names.iter().filter_map(|name| fates.get(name)).sum() };
        let found: u64 = fates.values().sum();
        let (erased, in_trash) = (sum(&["erased"]), sum(&["in_trash"]));
        let still_there = sum(&STILL_THERE);
        // Of the others nobody knows.
        let not_proven = found - erased - in_trash - still_there;
        let outcome = if fates.contains_key("open") {
            "open"
        } else if still_there > 0 {
            "still_there"
        } else if not_proven > 0 {
            "not_proven"
        } else if in_trash > 0 {
            "in_trash"
        } else if !self.not_searched.is_empty() {
            "not_searched"
        } else if found == 0 {
            "nothing_found"
        } else {
            "erased"
        };
        let counts = [found, erased, in_trash, still_there, not_proven];
        let [found, erased, in_trash, still_there, not_proven] =
            counts.map(|count| count.to_string());
        [
            found,
            erased,
            in_trash,
            still_there,
            not_proven,
            self.not_searched.clone(),
            outcome.to_owned(),
        ]
    }
}

/// A row without numbers.
fn no_row(outcome: &str) -> [String; 7] {
    let mut cells = <[String; 7]>::default();
    if let Some(last) = cells.last_mut() {
        outcome.clone_into(last);
    }
    cells
}
