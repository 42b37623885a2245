//! The claims of the demo: one line per claim for programs, a table of steps and vendors for people.

use comfy_table::Color;
use serde::Serialize;
use ticket_sandbox::Vendor;
use tickets::TicketRef;

use crate::output::Record;

/// The reported result of a step, and whether it is true.
#[derive(Serialize)]
pub(super) struct Claim {
    pub(super) ticket: TicketRef,
    pub(super) step: &'static str,
    /// Absent if the vendor does not support the operation.
    pub(super) said: Option<String>,
    /// Whether the ticket exists in the sandbox after the step.
    pub(super) exists: bool,
    /// Whether the reported result is true; if there is none, whether nothing was sent.
    pub(super) agrees: bool,
    #[serde(skip)]
    pub(super) vendor: Vendor,
}

impl Record for Claim {
    const COLUMNS: &'static [&'static str] = &["ticket", "step", "said", "exists", "agrees"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.ticket.to_string(),
            self.step.to_owned(),
            self.said.clone().unwrap_or_default(),
            self.exists.to_string(),
            self.agrees.to_string(),
        ]
    }
}

/// A step at all vendors.
#[derive(Serialize)]
pub(super) struct Row {
    step: &'static str,
    said: Vec<String>,
    agrees: bool,
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "step",
        "onecloud",
        "sweeppea",
        "leadsquared",
        "redmine",
        "rt",
        "true",
    ];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.step.to_owned()];
        cells.extend(self.said.iter().cloned());
        cells.push(if self.agrees { "yes" } else { "NO" }.to_owned());
        cells
    }

    fn colour(&self) -> Option<(usize, Color)> {
        let colour = if self.agrees {
            Color::Green
        } else {
            Color::Red
        };
        Some((Self::COLUMNS.len() - 1, colour))
    }
}

/// Groups the claims by step and vendor. A cell is empty if the step does not apply to the vendor.
pub(super) fn pivot(claims: &[Claim]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for claim in claims {
        let known = rows.iter().any(|row| row.step == claim.step);
        if known {
            continue;
        }
        let step: Vec<_> = claims.iter().filter(|it| it.step == claim.step).collect();
        let said = Vendor::ALL.into_iter().map(|vendor| {
            let at_vendor = step.iter().find(|claim| claim.vendor == vendor);
            at_vendor.map_or_else(String::new, |claim| words(claim.said.as_deref()))
        });
        rows.push(Row {
            step: claim.step,
            said: said.collect(),
            agrees: step.iter().all(|claim| claim.agrees),
        });
    }
    rows
}

/// The reported result for people; `–` if the vendor does not support the operation.
pub(super) fn words(said: Option<&str>) -> String {
    said.map_or_else(|| "–".to_owned(), |said| said.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_has_a_column() {
        let vendors = Vendor::ALL.map(Vendor::prefix);
        assert_eq!(Row::COLUMNS[1..Row::COLUMNS.len() - 1], vendors);
    }
}
