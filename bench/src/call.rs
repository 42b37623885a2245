//! The calls, as the vendors document them.

use clap::ValueEnum;

/// The API key, token and keys of every contestant.
pub(crate) const KEY: &str = "k3y-of-the-benchmark";
/// The account at LeadSquared.
pub(crate) const ORG: &str = "22824";
/// How many tickets one call deletes at LeadSquared.
pub(crate) const BATCH: u64 = 100;
/// The ticket that Sweeppea deletes.
pub(crate) const CASE: &str = "2531581";
/// The ticket with all 55 fields.
pub(crate) const TICKET: &str = "1234";
/// A ticket with its id only.
pub(crate) const SHORT_TICKET: &str = "1";
/// The rows of the long list.
pub(crate) const ROWS: u32 = 10_000;

/// A documented call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Call {
    /// Sweeppea: `POST /tickets/delete`, one ticket.
    SweeppeaDelete,
    /// LeadSquared: `PUT /api/tenants/{OrgId}/tickets/trash`, 100 tickets.
    LeadsquaredDelete,
    /// OneCloud: `GET /api/ticketrz/<id>`, 55 fields.
    OnecloudGet,
    /// OneCloud: the same, of a ticket that has an id and nothing else.
    OnecloudGetShort,
    /// OneCloud: `GET /api/ticketrz?limit`, 10,000 rows in one reply.
    OnecloudList,
}

/// The tickets of one delete at LeadSquared.
pub(crate) fn batch() -> Vec<String> {
    (1..=BATCH).map(|id| id.to_string()).collect()
}
