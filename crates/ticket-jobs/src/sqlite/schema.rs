//! The tables of a ledger, and how a ledger of an earlier version gets them.
//!
//! Times are nanoseconds since 1970 of the ledger's own time.

use rusqlite::Connection;

/// Marks a SQLite file as a ledger: `tick`.
pub(super) const APPLICATION_ID: i32 = 0x7469_636b;

/// What makes a ledger of version `n + 1` of one of version `n`; the first makes a ledger of an empty file.
pub(super) const STEPS: &[&str] = &[
    VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6,
];

const VERSION_1: &str = "
-- One row. The anchor ties the ledger's time to the machine's: see `time.rs`.
CREATE TABLE store (
    schema_version INTEGER NOT NULL,
    boot_id TEXT,
    booted_for INTEGER,
    time_then INTEGER
) STRICT;
INSERT INTO store VALUES (1, NULL, NULL, NULL);

-- The quotas. `longest_window` is the longest one that a call was counted in.
CREATE TABLE account (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    longest_window INTEGER NOT NULL DEFAULT 0,
    closed_until INTEGER NOT NULL DEFAULT 0,
    suspended_because TEXT,
    suspended_until INTEGER
) STRICT;

CREATE TABLE job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    change TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    tickets INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0,
    last_seq INTEGER,
    is_closed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The accounts of a job, numbered in the order of first appearance. All tickets before `next_seq` were claimed once.
CREATE TABLE job_account (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    key TEXT,
    chunk INTEGER,
    tickets INTEGER NOT NULL DEFAULT 0,
    next_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (job, number),
    UNIQUE (job, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    account INTEGER NOT NULL,
    id TEXT NOT NULL,
    version TEXT,
    outcome TEXT,
    error TEXT,
    decided_at INTEGER,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

-- Where a ticket stands. Written when the list is complete, in one sorted pass: an index that grows with a long list in no
-- order is written again and again.
CREATE TABLE place (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    account INTEGER NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (job, account, id)
) STRICT, WITHOUT ROWID;

-- Named again: answered again, sent once.
CREATE TABLE repeated (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    of_seq INTEGER NOT NULL,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

-- How many tickets have which outcome; changes with them.
CREATE TABLE count (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    account INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (job, account, outcome)
) STRICT, WITHOUT ROWID;

-- A worker works until `ended_at`. `process` names its file: see `process.rs`. It stays without its job as long as a call of
-- it may be in flight.
CREATE TABLE worker (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER REFERENCES job ON DELETE SET NULL,
    process TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL,
    ended_at INTEGER,
    lost INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX worker_job ON worker (job, ended_at);

-- The open tickets of an account from `first_seq` to `last_seq`, `open` of them: a worker has them or, where there is
-- none, they are free from `not_before` on. Gone when none is open.
CREATE TABLE claim (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    account INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    open INTEGER NOT NULL,
    worker INTEGER,
    not_before INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, account, first_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_worker ON claim (job, worker, account, not_before);

-- Each call is a slot of its account until `acts_until` and one window more: its end or, as long as that is not recorded, the
-- time at which it expires.
CREATE TABLE call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account,
    job INTEGER REFERENCES job ON DELETE SET NULL,
    worker INTEGER,
    operation TEXT NOT NULL,
    requests INTEGER NOT NULL,
    tickets TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    acts_until INTEGER NOT NULL,
    kind TEXT,
    effect TEXT,
    status INTEGER
) STRICT;
CREATE INDEX call_slot ON call (account, acts_until, operation, requests);
CREATE INDEX call_open ON call (account, expires_at, operation) WHERE ended_at IS NULL;
CREATE INDEX call_alone ON call (account, acts_until) WHERE job IS NULL;
CREATE INDEX call_job ON call (job) WHERE job IS NOT NULL;

-- Which open tickets a write names that is not known to be without effect.
CREATE TABLE doubt (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    call INTEGER NOT NULL,
    PRIMARY KEY (job, seq, call)
) STRICT, WITHOUT ROWID;
";

const VERSION_2: &str = "
-- What is checked while the job is worked on, and what was confirmed. Tickets from `held_from` on wait for the canary's end.
ALTER TABLE job ADD COLUMN guards TEXT NOT NULL DEFAULT '{}';
ALTER TABLE job ADD COLUMN awaits_confirmation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN sealed_at INTEGER;
ALTER TABLE job ADD COLUMN digest TEXT;
ALTER TABLE job ADD COLUMN confirmed TEXT;
ALTER TABLE job ADD COLUMN held_from INTEGER;

-- Provider, host, and what a delete does, as JSON.
ALTER TABLE job_account ADD COLUMN about TEXT;

-- How the ticket was when the job was planned, its entry in the archive, and the calls that name it.
ALTER TABLE ticket ADD COLUMN seen TEXT;
ALTER TABLE ticket ADD COLUMN archived_at INTEGER;
ALTER TABLE ticket ADD COLUMN archived_sha256 TEXT;
ALTER TABLE ticket ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN last_call INTEGER;

-- The account of the job whose tickets the call names. Not known of a call of version 1 if several accounts of its job have
-- its key; what such a call names is not counted.
ALTER TABLE call ADD COLUMN job_account INTEGER;
UPDATE call SET job_account = (
    SELECT min(job_account.number) FROM job_account JOIN account USING (key)
        WHERE job_account.job = call.job AND account.number = call.account
        HAVING count(*) = 1)
    WHERE job IS NOT NULL;
UPDATE ticket SET attempts = n, last_call = last FROM (
    SELECT call.job, seq, count(DISTINCT call.id) AS n, max(call.id) AS last
        FROM call CROSS JOIN json_each(call.tickets) CROSS JOIN place
            ON place.job = call.job AND place.account = call.job_account
                AND place.id = json_each.value
        GROUP BY call.job, seq) AS named
    WHERE ticket.job = named.job AND ticket.seq = named.seq;

CREATE TABLE event (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
";

const VERSION_3: &str = "
-- The erasure that a job is, whose tickets its are (keyed hashes), and what the look after the pause found of them, as JSON.
ALTER TABLE job ADD COLUMN erasure TEXT;
ALTER TABLE ticket ADD COLUMN people TEXT;
ALTER TABLE ticket ADD COLUMN looked_again TEXT;
";

const VERSION_4: &str = "
-- Jobs of a higher priority go first at accounts of the same key. The index finds the few jobs that are worked on.
ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_working ON job (state, priority);

-- How often the tickets were put back to be tried later, and when for the first time.
ALTER TABLE claim ADD COLUMN put_back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claim ADD COLUMN put_back_since INTEGER NOT NULL DEFAULT 0;
";

const VERSION_5: &str = "
-- The vendor's job, of a call that it accepted and carries out later.
ALTER TABLE call ADD COLUMN accepted TEXT;
";

const VERSION_6: &str = "
-- The accounts of its job of which a worker has claimed, or tried to: their numbers, as JSON.
ALTER TABLE worker ADD COLUMN accounts TEXT NOT NULL DEFAULT '[]';
";

/// The version of the ledger in this file: 0 of an empty one; `None` if the file is something else.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<Option<usize>> {
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id == APPLICATION_ID {
        let sql = "SELECT schema_version FROM store";
        return connection.query_row(sql, [], |row| row.get(0)).map(Some);
    }
    let sql = "SELECT count(*) FROM sqlite_schema";
    let tables: usize = connection.query_row(sql, [], |row| row.get(0))?;
    Ok((id == 0 && tables == 0).then_some(0))
}

/// Brings a ledger of this version to the newest one, inside a transaction.
pub(super) fn migrate(
    connection: &Connection,
    from: usize,
    steps: &[&str],
) -> rusqlite::Result<()> {
    for step in steps.iter().skip(from) {
        connection.execute_batch(step)?;
    }
    if from == 0 {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    let sql = "UPDATE store SET schema_version = ?1";
    connection.execute(sql, [steps.len()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_version_takes_only_the_steps_that_it_lacks() {
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(version(&connection).unwrap(), Some(0));
        migrate(&connection, 0, STEPS).unwrap();
        assert_eq!(version(&connection).unwrap(), Some(STEPS.len()));
        let steps = [STEPS, &["ALTER TABLE job ADD COLUMN parent INTEGER"]].concat();
        migrate(&connection, STEPS.len(), &steps).unwrap();
        assert_eq!(version(&connection).unwrap(), Some(STEPS.len() + 1));
        connection.execute("UPDATE job SET parent = 1", []).unwrap();
    }

    #[test]
    fn ledger_of_version_1_counts_the_calls_that_name_its_tickets() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 0, &[VERSION_1]).unwrap();
        // The accounts 0 and 1 have one key, so which of their tickets the third call names is not known.
        let rows = "
            INSERT INTO account (number, key) VALUES (5, 'a'), (6, 'b');
            INSERT INTO job (number, id, change, state, created_at, is_closed)
                VALUES (1, '7f3a09c2', '\"delete\"', 'ready', 1, 1);
            INSERT INTO job_account (job, number, name, key, next_seq, last_seq)
                VALUES (1, 0, 'x', 'a', 0, 9), (1, 1, 'y', 'a', 0, 9), (1, 2, 'z', 'b', 0, 9);
            INSERT INTO ticket (job, seq, account, id)
                VALUES (1, 0, 0, '1'), (1, 1, 1, '1'), (1, 2, 2, '1'), (1, 3, 2, '2');
            INSERT INTO place SELECT job, account, id, seq FROM ticket;
            INSERT INTO call (id, account, job, operation, requests, tickets, taken_at, expires_at,
                    acts_until)
                VALUES (1, 6, 1, 'delete', 1, '[\"1\",\"2\"]', 1, 1, 1),
                    (2, 6, 1, 'get', 1, '[\"2\"]', 1, 1, 1),
                    (3, 5, 1, 'delete', 1, '[\"1\"]', 1, 1, 1),
                    (4, 6, NULL, 'delete', 1, '[\"1\"]', 1, 1, 1);
        ";
        connection.execute_batch(rows).unwrap();
        migrate(&connection, 1, STEPS).unwrap();
        let sql = "SELECT attempts, last_call FROM ticket ORDER BY seq";
        let mut statement = connection.prepare(sql).unwrap();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u64>(0)?, row.get(1)?));
        let told = statement.query_map([], read).unwrap();
        let told: Vec<(u64, Option<u64>)> = told.map(Result::unwrap).collect();
        assert_eq!(told, [(0, None), (0, None), (1, Some(1)), (2, Some(2))]);
        let sql = "SELECT group_concat(ifnull(job_account, '-')) FROM call";
        let accounts: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(accounts, "2,2,-,-");
    }
}
