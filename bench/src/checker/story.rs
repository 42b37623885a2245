//! What was told under one seed, and what is true of it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use ticket_sandbox::{Exchange, TicketState, Vendor};
use tickets::{Change, Effect, Error, ErrorKind, Outcome, ProviderInfo};

use super::recorder::Call;

/// The outcome that was told of a ticket.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties with names, not states"
)]
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) change: Change,
    /// Its place among what was asked.
    pub(super) key: usize,
    pub(super) vendor: Vendor,
    pub(super) id: String,
    pub(super) outcome: Outcome,
    /// Whether the ticket existed when this was told. A ticket in the trash does not.
    pub(super) exists: bool,
    /// Whether it was in the trash then.
    pub(super) in_trash: bool,
    /// Whether any ticket had its id then.
    pub(super) is_taken: bool,
    /// Whether the vendor did not show it then, since it was closed or another user's.
    pub(super) is_hidden: bool,
}

impl Told {
    pub(super) fn word(&self) -> &'static str {
        self.change.word(&self.outcome)
    }
}

/// A list that was read to its end.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) vendor: Vendor,
    /// Which tickets existed throughout and are not in it.
    pub(super) missing: Vec<String>,
    pub(super) rows: usize,
    /// Whether tickets were removed and others filed while it was read: then the total may hide that rows have moved.
    pub(super) is_shuffled: bool,
    /// Whether tickets were removed while it was read.
    pub(super) has_removals: bool,
    /// Why it is not complete, where it says so.
    pub(super) failed: Option<String>,
}

/// The read of one ticket: its id and subject.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) vendor: Vendor,
    pub(super) place: usize,
    pub(super) result: Result<(String, String), String>,
}

/// A ticket that was created: its id; or whether the effect is unknown, and why.
#[derive(Debug)]
pub(super) struct Filed {
    pub(super) vendor: Vendor,
    pub(super) subject: String,
    pub(super) result: Result<String, (bool, String)>,
}

/// A ticket's status that was updated, and what the vendor's status was before and after; `None` if the ticket is gone.
#[derive(Debug)]
pub(super) struct Updated {
    pub(super) vendor: Vendor,
    pub(super) id: String,
    pub(super) wanted: &'static str,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) result: Result<(), (bool, String)>,
}

/// The tickets of the plan that were in the trash when they were restored, and those that were out of it afterwards.
#[derive(Debug, Default)]
pub(super) struct Trash {
    pub(super) before: Vec<(Vendor, String)>,
    pub(super) restored: Vec<(Vendor, String)>,
}

/// All that came of a plan.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) told: Vec<Told>,
    /// What was told of restores.
    pub(super) restored: Vec<Told>,
    pub(super) trash: Trash,
    /// When the restores began, if there were any.
    pub(super) restores_began: Option<Duration>,
    pub(super) listed: Vec<Listed>,
    pub(super) reads: Vec<Read>,
    pub(super) filed: Vec<Filed>,
    pub(super) updated: Vec<Updated>,
    /// The tickets that were told as changed unasked, by account.
    pub(super) unasked: Vec<(String, String)>,
    /// The accounts at which the delete ended early, as it said.
    pub(super) ended: Vec<String>,
    pub(super) calls: Vec<Call>,
    /// The times after an abandon in which nothing may be sent.
    pub(super) abandoned: Vec<(Duration, Duration)>,
    pub(super) journal: Vec<Exchange>,
    /// The tickets that exist in the end.
    pub(super) end: Vec<(Vendor, Vec<TicketState>)>,
    pub(super) infos: Vec<(Vendor, ProviderInfo)>,
    /// The ids of the plan's existing tickets.
    pub(super) ids: Vec<String>,
    /// Whether the run did not end.
    pub(super) hangs: bool,
}

impl Story {
    /// The tickets that requests deleted, in order.
    pub(super) fn deletions(&self) -> impl Iterator<Item = (Vendor, &str)> {
        self.journal.iter().flat_map(|seen| {
            let vendor = seen.vendor.unwrap_or(Vendor::OneCloud);
            seen.deleted.iter().map(move |id| (vendor, id.as_str()))
        })
    }

    /// The ticket that has this id in the end.
    pub(super) fn ticket(&self, vendor: Vendor, id: &str) -> Option<&TicketState> {
        let (_, tickets) = self.end.iter().find(|(of, _)| *of == vendor)?;
        tickets.iter().find(|ticket| ticket.id == id)
    }

    /// What was told and what was called, as one number.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for told in self.told.iter().chain(&self.restored) {
            (told.key, told.vendor, &told.id, told.word(), told.exists).hash(&mut hasher);
            told.outcome.error().map(told_error).hash(&mut hasher);
        }
        for listed in &self.listed {
            (listed.vendor, &listed.missing, listed.rows, &listed.failed).hash(&mut hasher);
        }
        for read in &self.reads {
            (read.vendor, read.place, &read.result).hash(&mut hasher);
        }
        for filed in &self.filed {
            (filed.vendor, &filed.subject, &filed.result).hash(&mut hasher);
        }
        for updated in &self.updated {
            (updated.vendor, &updated.id, &updated.after, &updated.result).hash(&mut hasher);
        }
        self.unasked.hash(&mut hasher);
        for call in &self.calls {
            (call.vendor, call.endpoint, call.began, call.ended).hash(&mut hasher);
        }
        for seen in &self.journal {
            (seen.sequence, &seen.method, &seen.path, &seen.body).hash(&mut hasher);
            // The keys of creates are random, whatever the seed.
            let headers = seen.headers.iter();
            for header in headers.filter(|(name, _)| name != "idempotency-key") {
                header.hash(&mut hasher);
            }
            (seen.status, seen.took_effect, &seen.deleted).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Each call, and what arrived of it: on a connection that was closed before, nothing does.
    pub(super) fn exchanges(&self) -> impl Iterator<Item = (&Call, Option<&Exchange>)> {
        let mut journal = self.journal.iter().peekable();
        self.calls.iter().map(move |call| {
            let arrived = journal.next_if(|seen| seen.path.split('?').next() == Some(&call.path));
            (call, arrived)
        })
    }

    /// The story in lines: each request, then each outcome.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (call, arrived) in self.exchanges() {
            let began = call.began.as_secs_f64();
            let Some(seen) = arrived else {
                lines.push(format!("{began:>9.3} s  {} never arrives", call.path));
                continue;
            };
            let status = seen.status.map(|status| status.to_string());
            let fault = seen.fault.as_ref().map(|fault| format!(" [{fault:?}]"));
            let deleted =
                (!seen.deleted.is_empty()).then(|| format!(" deleted {:?}", seen.deleted));
            lines.push(format!(
                "{began:>9.3} s  {} {} {}  {}{}{}{}",
                seen.method,
                seen.path,
                String::from_utf8_lossy(&seen.body),
                status.as_deref().unwrap_or("no answer"),
                deleted.unwrap_or_default(),
                fault.unwrap_or_default(),
                if call.is_lost { " lost on the way" } else { "" },
            ));
        }
        for told in self.told.iter().chain(&self.restored) {
            let error = told.outcome.error().map(told_error);
            lines.push(format!(
                "{}:{} is {} ({}){}",
                told.vendor.prefix(),
                told.id,
                told.word(),
                if told.exists {
                    "exists"
                } else if told.in_trash {
                    "is in the trash"
                } else {
                    "does not exist"
                },
                error.map(|error| format!(": {error}")).unwrap_or_default(),
            ));
        }
        for listed in &self.listed {
            let end = listed.failed.as_deref().unwrap_or("complete");
            lines.push(format!(
                "list of {}: {} rows, missing {:?}; {end}",
                listed.vendor.prefix(),
                listed.rows,
                listed.missing
            ));
        }
        lines.extend(self.reads.iter().map(|read| format!("{read:?}")));
        lines.extend(self.filed.iter().map(|filed| format!("{filed:?}")));
        lines.extend(self.updated.iter().map(|updated| format!("{updated:?}")));
        lines.extend(
            self.unasked
                .iter()
                .map(|(account, id)| format!("unasked: {account}:{id}")),
        );
        lines
    }
}

/// An error in short.
pub(super) fn told_error(error: &Error) -> String {
    let unknown = if error.effect() == Effect::Unknown {
        ", effect unknown"
    } else {
        ""
    };
    let incomplete = if error.kind() == ErrorKind::Incomplete {
        "incomplete: "
    } else {
        ""
    };
    format!("{incomplete}{}{unknown}: {error}", error.kind().as_str())
}
