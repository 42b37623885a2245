//! What the demo reports of each ticket, beside the truth: one line per ticket for programs, one per account for people.

use comfy_table::Color;
use serde::Serialize;
use tickets::TicketRef;

use crate::record::Record;

/// The reported outcome of a ticket, and whether it is true.
#[derive(Serialize)]
pub(super) struct Claim {
    pub(super) ticket: TicketRef,
    /// `before` or `after` the kill; `in_flight` if its request was on its way.
    pub(super) step: &'static str,
    /// The outcome in the ledger.
    pub(super) said: String,
    /// Whether the ticket exists in the sandbox at the end.
    pub(super) exists: bool,
    /// Whether the outcome is true.
    pub(super) agrees: bool,
}

impl Record for Claim {
    const COLUMNS: &'static [&'static str] = &["ticket", "step", "said", "exists", "agrees"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.ticket.to_string(),
            self.step.to_owned(),
            self.said.clone(),
            self.exists.to_string(),
            self.agrees.to_string(),
        ]
    }
}

/// The tickets of an account.
#[derive(Serialize)]
pub(super) struct Row {
    account: String,
    tickets: usize,
    deleted: usize,
    already_gone: usize,
    still_there: usize,
}

impl Row {
    pub(super) fn of(account: &str, claims: &[Claim]) -> Self {
        let own: Vec<_> = claims
            .iter()
            .filter(|claim| claim.ticket.account == account)
            .collect();
        let said = |word: &str| own.iter().filter(|claim| claim.said == word).count();
        let (deleted, already_gone) = (said("deleted"), said("already_gone"));
        Self {
            account: account.to_owned(),
            tickets: own.len(),
            deleted,
            already_gone,
            still_there: own.iter().filter(|claim| claim.exists).count(),
        }
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "account",
        "tickets",
        "deleted",
        "already gone",
        "still there",
    ];

    fn cells(&self) -> Vec<String> {
        let counts = [
            self.tickets,
            self.deleted,
            self.already_gone,
            self.still_there,
        ];
        let counts = counts.iter().map(ToString::to_string);
        std::iter::once(self.account.clone())
            .chain(counts)
            .collect()
    }

    fn colour(&self) -> Option<(usize, Color)> {
        let colour = if self.still_there == 0 {
            Color::Green
        } else {
            Color::Red
        };
        Some((Self::COLUMNS.len() - 1, colour))
    }
}

/// Whether an outcome of a delete is true of a ticket that was there before.
pub(super) fn is_true(said: &str, exists: bool) -> bool {
    match said {
        "deleted" | "already_gone" | "not_found" => !exists,
        "unattempted" => exists,
        // It claims nothing.
        "unknown" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn false_claim_is_detected() {
        for (said, exists, expected) in [
            ("deleted", false, true),
            ("deleted", true, false),
            ("already_gone", false, true),
            ("already_gone", true, false),
            ("not_found", true, false),
            ("unattempted", false, false),
            ("unknown", true, true),
            ("unknown", false, true),
            ("failed", true, false),
        ] {
            assert_eq!(is_true(said, exists), expected, "{said} {exists}");
        }
    }

    #[test]
    fn row_counts_the_tickets_of_its_account_only() {
        let claim = |account: &str, said: &str, exists| Claim {
            ticket: TicketRef::new(account, "1"),
            step: "after",
            said: said.to_owned(),
            exists,
            agrees: true,
        };
        let claims = [
            claim("eu", "deleted", false),
            claim("eu", "already_gone", false),
            claim("eu", "unknown", true),
            claim("us", "deleted", false),
        ];
        assert_eq!(Row::of("eu", &claims).cells(), ["eu", "3", "1", "1", "1"]);
    }
}
