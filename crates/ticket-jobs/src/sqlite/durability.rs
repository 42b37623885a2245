//! How durable what is written has to be.

use rusqlite::Connection;
use ticket_core::Operation;

/// How durable an operation has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// It survives a loss of power.
    Synced,
    /// As `Synced`. No call is made later because of it, so it waits for one that is committed along with it: the sync of
    /// its own would delay that call.
    SyncedLater,
    /// It survives the end of the process. A loss of power may undo it, which does no harm.
    Written,
    /// As durable as the row of this call.
    OfCall(i64),
}

/// How durable the end of this call has to be. Of a job, the outcomes follow it, and they are what is waited for.
pub(super) fn of_call(connection: &Connection, call: i64) -> rusqlite::Result<Durability> {
    let sql = "SELECT operation, job IS NOT NULL FROM call WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([call])?;
    let Some(row) = rows.next()? else {
        return Ok(Durability::Written);
    };
    let name = row.get_ref(0)?.as_str()?;
    let operation = Operation::ALL
        .iter()
        .find(|operation| operation.as_str() == name);
    Ok(match operation.is_none_or(|one| one.is_write()) {
        true if row.get(1)? => Durability::SyncedLater,
        true => Durability::Synced,
        false => Durability::Written,
    })
}
