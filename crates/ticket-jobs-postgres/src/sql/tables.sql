-- The tables of a ledger. Times are nanoseconds since 1970 of the ledger's own time.
--
-- Rows that change often leave room in their page and have no index on what changes, so a change writes no index. Tables of
-- many rows have no foreign keys: their checks would cost more than the rows.

-- One row. `timeline` and `system` are those of the server that last wrote; see `recognize`.
CREATE TABLE store (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    schema_version int NOT NULL,
    -- Whether the time is given with each statement, in tests.
    clock_is_given boolean NOT NULL,
    system text,
    timeline text,
    quarantined_until bigint NOT NULL DEFAULT 0
);

-- The quotas. `longest_window` and `longest_call` are the longest that were counted; time of an account never goes back
-- behind `last_now`.
CREATE TABLE account (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    longest_window bigint NOT NULL DEFAULT 0,
    longest_call bigint NOT NULL DEFAULT 0,
    last_now bigint NOT NULL DEFAULT 0,
    closed_until bigint NOT NULL DEFAULT 0,
    suspended_because text,
    suspended_until bigint
) WITH (fillfactor = 40);

CREATE TABLE job (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    nonce bigint NOT NULL,
    change text NOT NULL,
    guards text NOT NULL,
    erasure text,
    state text NOT NULL,
    -- Jobs of a higher one go first at accounts of the same key.
    priority smallint NOT NULL,
    created_at bigint NOT NULL,
    created_by text,
    awaits_confirmation boolean NOT NULL,
    tickets bigint NOT NULL DEFAULT 0,
    repeated bigint NOT NULL DEFAULT 0,
    last_seq bigint,
    is_closed boolean NOT NULL DEFAULT false,
    -- How many of its accounts have open tickets; changes with the last one of each.
    open_accounts int NOT NULL DEFAULT 0,
    sealed_at bigint,
    digest text,
    confirmed text,
    -- Tickets from here on wait for the canary's end.
    held_from bigint
) WITH (fillfactor = 70);
-- The few jobs that are worked on.
CREATE INDEX job_working ON job (state, priority);

-- The accounts of a job, numbered in the order of first appearance. All tickets before `next_seq` were claimed once.
CREATE TABLE job_account (
    job int NOT NULL,
    number int NOT NULL,
    name text NOT NULL,
    key text,
    chunk bigint,
    about text,
    tickets bigint NOT NULL,
    open bigint NOT NULL,
    next_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    -- A call that may have been made and was lost in a fail-over: tickets from `next_seq` on are in doubt through it.
    presumed bigint,
    PRIMARY KEY (job, number),
    UNIQUE (job, name)
) WITH (fillfactor = 60);
CREATE INDEX job_account_key ON job_account (job, key);

-- `doubts`: the calls that may have changed an open ticket, which are not known to be without effect.
CREATE TABLE ticket (
    job int NOT NULL,
    account int NOT NULL,
    seq bigint NOT NULL,
    id text NOT NULL,
    version text,
    seen text,
    people text,
    attempts int NOT NULL DEFAULT 0,
    last_call bigint,
    doubts bigint[],
    outcome text,
    error text,
    decided_at bigint,
    archived_at bigint,
    archived_sha256 text,
    looked_again text,
    PRIMARY KEY (job, seq),
    UNIQUE (job, account, id)
) WITH (fillfactor = 75);
-- What is claimed next of an account, whatever stands between its tickets. The condition holds for every row, and keeps the
-- index to statements about a range of places: without statistics, as just after a job was loaded, tickets would be looked up
-- by id in it, each time among all of their account.
CREATE INDEX ticket_account ON ticket (job, account, seq) WHERE seq IS NOT NULL;

-- Named again: answered again, sent once.
CREATE TABLE repeated (
    job int NOT NULL,
    seq bigint NOT NULL,
    of_seq bigint NOT NULL,
    PRIMARY KEY (job, seq)
);

-- How many tickets have which outcome; changes with them.
CREATE TABLE settled (
    job int NOT NULL,
    account int NOT NULL,
    outcome text NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (job, account, outcome)
) WITH (fillfactor = 60);

-- A worker works until `ended_at`. It stays without its job as long as a call of it may be in flight.
CREATE TABLE worker (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job int,
    began_at bigint NOT NULL,
    beat_at bigint NOT NULL,
    ended_at bigint,
    lost boolean NOT NULL DEFAULT false
) WITH (fillfactor = 40);
CREATE INDEX worker_job ON worker (job);

-- The open tickets of an account from `first_seq` to `last_seq`, `open` of them: a worker has them or, where there is none,
-- they are free from `not_before` on. Gone when none is open. `nonce` tells a claim whose answer was lost.
CREATE TABLE claim (
    job int NOT NULL,
    account int NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    open bigint NOT NULL,
    worker bigint,
    not_before bigint NOT NULL DEFAULT 0,
    nonce bigint,
    -- How often the tickets were put back to be tried later, and when for the first time.
    times_put_back int NOT NULL DEFAULT 0,
    put_back_since bigint,
    PRIMARY KEY (job, account, first_seq)
) WITH (fillfactor = 70);
CREATE INDEX claim_worker ON claim (worker) WHERE worker IS NOT NULL;
CREATE INDEX claim_free ON claim (job, account, not_before) WHERE worker IS NULL;

-- Each call is a slot of its account until `acts_until` and one window more: its end or, as long as that is not recorded,
-- the time at which it expires. `nonce` tells a call whose answer was lost.
CREATE TABLE call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account int NOT NULL,
    job int,
    job_account int,
    worker bigint,
    operation text NOT NULL,
    requests bigint NOT NULL,
    tickets text[] NOT NULL,
    taken_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint,
    acts_until bigint NOT NULL,
    kind text,
    effect text,
    status int,
    -- The vendor's job, of a call that it accepted and carries out later.
    accepted text,
    nonce bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX call_slot ON call (account, acts_until);
CREATE INDEX call_alone ON call (account, acts_until) WHERE job IS NULL;
CREATE INDEX call_job ON call (job, id) WHERE job IS NOT NULL;

CREATE TABLE event (
    job int NOT NULL,
    number int NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (job, number)
);
