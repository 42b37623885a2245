//! A person with tickets at all vendors, beside tickets of others whose addresses look like hers.

use std::path::Path;

use serde_json::{Value, json};
use ticket_sandbox::{Sandbox, TicketSeed, Vendor};

use super::{Run, at, execute};

/// Her address.
pub(crate) const ADDRESS: &str = "ann@example.com";

/// Others, whose addresses have hers in them, or nearly.
const OTHERS: [&str; 3] = [
    "joann@example.com",
    "ann@example.com.evil.example",
    "ann+shop@example.com",
];

/// A sandbox with nothing but her tickets and those of others.
pub(crate) struct Ann {
    pub(crate) sandbox: Sandbox,
}

impl Ann {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::builder().seed_tickets(false).start().await;
        let sandbox = sandbox.unwrap();
        for vendor in Vendor::ALL {
            for other in OTHERS {
                add(&sandbox, vendor, other);
            }
        }
        Self { sandbox }
    }

    /// Adds a ticket of hers, and returns its reference.
    pub(crate) fn ticket(&self, vendor: Vendor) -> String {
        add(&self.sandbox, vendor, ADDRESS)
    }

    /// A ticket of hers at each of these vendors.
    pub(crate) fn tickets(&self, vendors: &[Vendor]) -> Vec<String> {
        vendors.iter().map(|vendor| self.ticket(*vendor)).collect()
    }

    pub(crate) fn exists(&self, ticket: &str) -> bool {
        let (account, id) = ticket.split_once(':').unwrap();
        let vendor = Vendor::ALL.iter().find(|vendor| vendor.prefix() == account);
        self.sandbox.exists(*vendor.unwrap(), id)
    }

    /// How many tickets of others there are.
    pub(crate) fn others(&self) -> usize {
        let tickets = Vendor::ALL
            .iter()
            .flat_map(|vendor| self.sandbox.tickets(*vendor));
        tickets
            .filter(|ticket| ticket.subject == "Somebody else's" && !ticket.deleted)
            .count()
    }
}

/// The vendors whose tickets can be searched.
pub(crate) const SEARCHED: [Vendor; 5] = [
    Vendor::OneCloud,
    Vendor::Sweeppea,
    Vendor::Redmine,
    Vendor::Rt,
    Vendor::Zendesk,
];

/// How many tickets of others there are.
pub(crate) const OTHERS_IN_ALL: usize = OTHERS.len() * Vendor::ALL.len();

/// Adds a ticket of this person. Each vendor tells it in another way.
fn add(sandbox: &Sandbox, vendor: Vendor, address: &str) -> String {
    let subject = if address == ADDRESS {
        "The printer is on fire"
    } else {
        "Somebody else's"
    };
    // Her address in a text is not hers to find.
    let seed = TicketSeed::new(subject).description("Ask ann@example.com about it.");
    let (name, value): (&str, Value) = match vendor {
        Vendor::OneCloud => ("From", json!(address)),
        Vendor::Sweeppea => (
            "AccountInfo",
            json!({ "FullName": "Ann", "Email": address }),
        ),
        Vendor::Redmine => {
            let (id, name) = match address {
                ADDRESS => (6, "Ann Example"),
                "joann@example.com" => (7, "Jo Ann Example"),
                "ann@example.com.evil.example" => (8, "Eve Example"),
                _ => (9, "Bob Example"),
            };
            ("author", json!({ "id": id, "name": name }))
        }
        Vendor::Rt => ("Requestor", json!(["zoe@example.com", address])),
        Vendor::Zendesk => ("requester", json!(address)),
        _ => ("Channel", json!("Email")),
    };
    let id = sandbox.add_ticket(vendor, seed.attribute(name, value));
    format!("{}:{id}", vendor.prefix())
}

/// That none of this holds her address in any spelling that a program writes.
pub(crate) fn assert_nobody(texts: &[(&str, &[u8])]) {
    for (what, bytes) in texts {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for spelling in ["ann@example.com", "ann%40example.com"] {
            let place = text.find(spelling);
            let around = place.map(|at| &text[at.saturating_sub(80)..text.len().min(at + 80)]);
            assert_eq!(around, None, "{what}");
        }
    }
}

/// The rows of a run in ndjson: the tickets, sorted.
pub(crate) fn found(run: &Run) -> Vec<String> {
    let rows = run.lines();
    let tickets = rows
        .iter()
        .map(|row| row["ticket"].as_str().unwrap().to_owned());
    let mut tickets: Vec<_> = tickets.collect();
    tickets.sort();
    tickets
}

/// Each file below a folder, with its bytes.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

/// `find` with these arguments, in ndjson.
pub(crate) fn find(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let all = [&["find", "--output", "ndjson"], arguments].concat();
    execute(&mut at(sandbox, &all))
}
