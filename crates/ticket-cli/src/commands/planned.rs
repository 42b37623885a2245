//! Parts of a plan in words. What a vendor, a customer or the planner wrote cannot control the terminal.

use jiff::Timestamp;
use ticket_jobs::plan::PlannedAccount;
use ticket_jobs::{AccountSearch, Erasure, Guards, MaxFailures, Seen};
use tickets::provider::Removal;
use tickets::{Change, TicketRef};

use crate::text;

/// The most characters of a text that are shown.
const LONGEST: usize = 1_000;

pub(super) fn tickets(count: u64) -> String {
    let tickets = if count == 1 { "ticket" } else { "tickets" };
    format!("{} {tickets}", text::grouped(count))
}

/// An account of a plan that was made at this time, with the number of its tickets.
pub(super) fn account(
    change: &Change,
    account: &PlannedAccount,
    count: u64,
    planned_at: Timestamp,
) -> String {
    let host = account.host.as_deref().map(text::line);
    let host = host.map_or_else(String::new, |host| format!(", {host}"));
    format!(
        "  {} ({}{host}): {}{}",
        text::line(&account.name),
        text::line(&account.provider),
        tickets(count),
        fate(change, account, planned_at)
    )
}

/// Until when what is deleted at this time can be taken out of the trash again, if the vendor says.
pub(super) fn restorable_until(removal: Removal, at: Timestamp) -> Option<Timestamp> {
    match removal {
        Removal::Trash { restorable_for } => at.checked_add(restorable_for?).ok(),
        _ => None,
    }
}

/// What becomes of the tickets of an account, if they are deleted.
fn fate(change: &Change, account: &PlannedAccount, planned_at: Timestamp) -> String {
    if !change.is_delete() {
        return String::new();
    }
    let fate = match account.removal {
        Removal::Trash {
            restorable_for: None,
        } => ", to the vendor's trash".to_owned(),
        removal @ Removal::Trash {
            restorable_for: Some(time),
        } => {
            let until = restorable_until(removal, planned_at);
            let until = until.map_or_else(String::new, |until| {
                format!(", not before {}", text::day(until))
            });
            format!(
                ", to the vendor's trash, and from there for good after {}{until}",
                text::seconds(time.as_secs())
            )
        }
        Removal::Permanent => ", for good".to_owned(),
        _ => "; the vendor does not say whether they can be restored".to_owned(),
    };
    match &*account.takes_along {
        [] => fate,
        along => {
            let along: Vec<_> = along.iter().map(|what| text::line(what)).collect();
            format!("{fate}, each with its {}", along.join(", "))
        }
    }
}

/// What an update sets and what a comment says, a line for each value.
pub(super) fn details(change: &Change) -> Vec<String> {
    let details = change.details().into_iter().map(|(name, value)| {
        let shown = text::lines(&text::cut(&value, LONGEST)).replace('\n', "\n    ");
        let all = match value.chars().count() {
            ..=LONGEST => String::new(),
            all => format!(
                " ({} characters)",
                text::grouped(u64::try_from(all).unwrap_or(u64::MAX))
            ),
        };
        format!("  {}: {shown}{all}", text::line(&name))
    });
    details.collect()
}

/// What is checked while the job is worked on, on a line of its own.
pub(super) fn guards(guards: &Guards) -> Option<String> {
    let words = guard_words(guards);
    (!words.is_empty()).then(|| format!("Guards: {words}"))
}

/// What is checked while the job is worked on; nothing if nothing is.
pub(super) fn guard_words(guards: &Guards) -> String {
    let state = guards
        .only_state
        .map(|state| format!("only tickets that are {}", state.as_str()));
    let unchanged = guards
        .if_unchanged
        .then(|| "only tickets that are as they were seen".to_owned());
    let failures = guards.max_failures.map(|most| match most {
        MaxFailures::Tickets(0) => "stops at the first failure".to_owned(),
        MaxFailures::Percent(share) => {
            format!("stops when more than {share} of the tickets have failed")
        }
        MaxFailures::Tickets(1) => "stops at the second failure".to_owned(),
        most => format!("stops when more than {most} tickets have failed"),
    });
    let canary = guards.canary.map(|first| match first {
        1 => "stops after the first ticket".to_owned(),
        _ => format!("stops after the first {}", tickets(first)),
    });
    let archive = guards.archive.as_ref().map(|archive| {
        let missing = if archive.missing_ok {
            ", as far as it can be read"
        } else {
            ""
        };
        format!(
            "archives each ticket first in {}{missing}",
            text::line(&archive.folder)
        )
    });
    let retries = guards.retry_for.map(|time| match time.as_secs() {
        0 => "workers try no temporary failure again".to_owned(),
        time => format!(
            "workers try temporary failures again for {}",
            text::seconds(time)
        ),
    });
    let all: Vec<_> = [state, unchanged, failures, canary, archive, retries]
        .into_iter()
        .flatten()
        .collect();
    all.join("; ")
}

/// Of whom an erasure is, how it goes on once the tickets are deleted, and what is not erased then.
pub(super) fn erasure<'a>(
    erasure: &Erasure,
    accounts: impl IntoIterator<Item = &'a Removal>,
) -> String {
    let people = match erasure.people.len() {
        1 => "1 person".to_owned(),
        count => format!("{count} persons"),
    };
    let keep = erasure.keep_archive.map(|time| {
        let time = text::seconds(time.as_secs());
        format!("; the archive is kept for {time}")
    });
    let mut accounts = accounts.into_iter();
    let trash = if accounts.any(|removal| matches!(removal, Removal::Trash { .. })) {
        "\nWhat is in a vendor's trash is not erased yet; --permanent erases it, where the vendor can"
    } else {
        ""
    };
    format!(
        "Erasure of the tickets of {people}; each is looked at again {} after the last delete{}{trash}",
        text::seconds(erasure.look_again_after.as_secs()),
        keep.unwrap_or_default()
    )
}

/// How its accounts were searched.
pub(super) fn searches(erasure: &Erasure) -> String {
    let searches: Vec<_> = erasure.searches.iter().map(search).collect();
    format!("Searched:\n{}", searches.join("\n"))
}

/// How an account was searched.
pub(super) fn search(search: &AccountSearch) -> String {
    let name = text::line(&search.account);
    let how = search.how.as_deref().map(text::line);
    let mut parts: Vec<_> = how.into_iter().collect();
    let why = search.not_searched.as_deref().map(text::line);
    parts.extend(why.map(|why| match search.how {
        Some(_) => format!("not to the end: {why}"),
        None => format!("not searched: {why}"),
    }));
    if search.undecided > 0 {
        let undecided = tickets(search.undecided);
        parts.push(format!("of {undecided} nobody knows whose they are"));
    }
    parts.extend(search.notes.iter().map(|note| text::line(note)));
    format!(
        "  {name}: {} found; {}",
        text::grouped(search.found),
        parts.join("; ")
    )
}

/// A ticket as it was seen.
pub(super) fn ticket(ticket: &TicketRef, seen: Option<&Seen>) -> String {
    let name = text::line(&ticket.to_string());
    let Some(seen) = seen else {
        return format!("  {name}");
    };
    if seen.sha256.is_none() {
        return format!("  {name}  not found");
    }
    let status = seen
        .status
        .iter()
        .map(|status| format!("  {}", text::line(status)));
    let subject = seen.subject.iter().map(|subject| {
        let subject = text::cut(&text::first_line(subject), 60);
        format!("  \"{}\"", text::line(&subject))
    });
    let seen: String = status.chain(subject).collect();
    format!("  {name}{seen}")
}

/// A digest, on lines that fit a narrow terminal.
pub(super) fn digest(digest: &str) -> String {
    match digest.split_at_checked(digest.len() / 2) {
        Some((first, second)) => format!("Digest:\n  {first}\n  {second}"),
        None => format!("Digest: {digest}"),
    }
}
