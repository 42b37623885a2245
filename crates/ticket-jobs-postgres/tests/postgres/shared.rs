//! Databases of a private server.

use std::cell::RefCell;

thread_local! {
    /// The database of this thread, which has one test at a time.
    static DATABASE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What is in a ledger.
const TABLES: &[&str] = &[
    "account",
    "job",
    "job_account",
    "ticket",
    "repeated",
    "settled",
    "worker",
    "claim",
    "call",
    "event",
];

/// The URL of a database without a ledger or with an empty one; `None` where there is no server. A test that asks again gets
/// the same database, emptied.
pub(crate) fn database() -> Option<String> {
    let server = ticket_live::postgres()?;
    let name = DATABASE.with_borrow_mut(|database| {
        if let Some(name) = database {
            let sql: Vec<String> = TABLES
                .iter()
                .map(|table| format!("DELETE FROM tickets.{table};"))
                .collect();
            let sql = sql.concat();
            let sql = format!(
                "DO $$ BEGIN IF to_regnamespace('tickets') IS NOT NULL THEN {sql} END IF; END $$"
            );
            server.psql(name, &sql).unwrap();
            return name.clone();
        }
        let name = server.create_database().unwrap();
        database.insert(name).clone()
    });
    Some(server.url(&name))
}
