//! The section of the page about an erasure.

use maud::{Markup, html};
use ticket_core::Change;

use super::words::{capital, spaced, text};
use crate::report::charts::second;
use crate::report::model::{ErasureAccount, ErasureFacts, Report};
use crate::report::numbers::{counted, grouped};

/// The fates, the best first, with what each means.
const FATES: [(&str, &str); 11] = [
    ("erased", "deleted for good, and gone when looked at again"),
    ("in_trash", "deleted, and still in the vendor's trash"),
    (
        "undocumented",
        "gone, but the vendor does not document whether it keeps a copy",
    ),
    (
        "already_gone",
        "gone before a delete of this job was confirmed",
    ),
    (
        "not_looked_at_again",
        "said to be deleted or gone, and not looked at again yet",
    ),
    (
        "not_confirmed",
        "said to be deleted or gone, and a second look could not tell",
    ),
    (
        "still_there",
        "said to be deleted or gone, and there when looked at again",
    ),
    ("unknown", "nobody knows whether it was deleted"),
    ("failed", "not deleted"),
    ("unattempted", "not deleted: the job ended before"),
    ("open", "not decided yet"),
];

pub(super) fn erasure(report: &Report) -> Markup {
    let Some(erasure) = &report.erasure else {
        return html! {};
    };
    let people = u64::try_from(erasure.people.len()).unwrap_or(0);
    let found = erasure
        .people
        .iter()
        .filter(|person| !person.fates.is_empty());
    let found = u64::try_from(found.count()).unwrap_or(0);
    html! {
        section aria-labelledby="erasure" {
            h2 id="erasure" { "Erasure" }
            p {
                "Asked for the tickets of " strong { (people_of(people)) } ", of whom "
                @match found {
                    0 => "none has a ticket that was found",
                    1 => "1 has tickets that were found",
                    _ => { (grouped(found)) " have tickets that were found" }
                }
                ". They are told by keyed hashes: this report names nobody."
            }
            div.scroll tabindex="0" role="region" aria-label="Accounts of the erasure" {
                table.wide {
                    thead {
                        tr {
                            th scope="col" { "Account" }
                            th scope="col" { "How it was searched" }
                            th.number scope="col" { "Found" }
                            th.number scope="col" { "Erased" }
                            th scope="col" { "Still at the vendor" }
                            th.number scope="col" { "Not certain" }
                        }
                    }
                    tbody { @for account in &erasure.accounts { (account_row(account)) } }
                }
            }
            @if !erasure.fates.is_empty() {
                table {
                    thead {
                        tr {
                            th.number scope="col" { "Tickets" }
                            th scope="col" { "Became" }
                            th scope="col" { "Which means" }
                        }
                    }
                    tbody {
                        @for (fate, meaning) in FATES {
                            @let meaning = match (fate, &report.job.change) {
                                ("failed", Change::Purge) => "not deleted for good, perhaps in the vendor's trash",
                                _ => meaning,
                            };
                            @if let Some(count) = erasure.fates.get(fate) {
                                tr {
                                    td.number { (grouped(*count)) }
                                    th scope="row" { (capital(&spaced(fate))) }
                                    td { (meaning) }
                                }
                            }
                        }
                    }
                }
            }
            (facts(erasure))
        }
    }
}

fn people_of(count: u64) -> String {
    if count == 1 {
        return "1 person".to_owned();
    }
    format!("{} people", grouped(count))
}

fn account_row(account: &ErasureAccount) -> Markup {
    let search = &account.search;
    let count = |fate: &str| account.fates.get(fate).copied().unwrap_or(0);
    let erased = count("erased");
    let all: u64 = account.fates.values().sum();
    let uncertain = all.saturating_sub(erased + account.still_at_vendor);
    html! {
        tr {
            th scope="row" {
                (text(&search.account)) br;
                span.muted { (text(&search.provider)) }
                @if let Some(host) = &search.host { br; code { (text(host)) } }
            }
            td {
                @if let Some(why) = &search.not_searched {
                    strong { "Not searched, or not to its end: " } (text(why)) br;
                }
                @if let Some(how) = &search.how { (text(how)) br; }
                @if search.not_searched.is_none() || search.listed > 0 {
                    span.muted {
                        (counted(search.listed, "ticket")) " listed, " (grouped(search.read)) " read, "
                        (grouped(search.conversations)) " with their conversation"
                    }
                }
                @if search.undecided > 0 {
                    br; strong { (counted(search.undecided, "ticket")) " of unknown persons" }
                }
                @for note in &search.notes { br; (text(note)) }
            }
            td.number { (grouped(search.found)) }
            td.number { (grouped(erased)) }
            td {
                (grouped(account.still_at_vendor))
                @if count("in_trash") > 0 {
                    br;
                    span.muted {
                        (grouped(count("in_trash"))) " in the trash"
                        @match account.in_trash_until {
                            Some(until) => { " until " (second(until)) }
                            None => " without a limit of time",
                        }
                    }
                }
            }
            td.number { (grouped(uncertain)) }
        }
    }
}

fn facts(erasure: &ErasureFacts) -> Markup {
    html! {
        dl {
            dt { "Looked again" }
            dd {
                @match (erasure.looked_again_from, erasure.looked_again_until) {
                    (Some(from), Some(until)) => { (second(from)) " to " (second(until)) }
                    _ => "not yet",
                }
                "; at least " (counted(erasure.look_again_after_s, "second")) " after the last outcome"
            }
            dt { "Archive" }
            dd {
                @match (&erasure.archive, erasure.keep_archive_s) {
                    (Some(archive), Some(keep)) => {
                        code { (text(archive)) } " holds what was deleted, for "
                        (counted(keep.div_ceil(86_400), "day"))
                        @if let Some(by) = erasure.prune_archive_by {
                            ": it has to be pruned by " (second(by))
                        }
                    }
                    _ => "none",
                }
            }
            dt { "Not looked at" }
            dd { (erasure.not_looked_at.join("; ")) }
        }
    }
}
