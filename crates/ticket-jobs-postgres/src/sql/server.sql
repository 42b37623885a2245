-- Which server this is: a fail-over that was not synchronous lost what was recorded last.

-- Looks whether this is the server, and the history, that the ledger was last used with. To be called once on each new
-- connection.
CREATE FUNCTION recognize() RETURNS void LANGUAGE plpgsql AS $$
DECLARE here_system text; here_timeline text; known record;
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION SQLSTATE 'TJ005' USING MESSAGE = 'the server is a standby; name the primary';
    END IF;
    here_system := (SELECT system_identifier::text FROM pg_control_system());
    here_timeline := substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
    SELECT system, timeline INTO known FROM store;
    IF known.system = here_system AND known.timeline = here_timeline THEN
        RETURN;
    END IF;
    SELECT system, timeline INTO known FROM store FOR UPDATE;
    IF known.system <> here_system OR known.timeline <> here_timeline THEN
        PERFORM quarantine();
    END IF;
    UPDATE store SET system = here_system, timeline = here_timeline;
END $$;

-- Calls, claims and slots may have been recorded that are not there: all accounts are closed until none of these calls can
-- count any more.
CREATE FUNCTION quarantine() RETURNS void LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(NULL);
BEGIN
    UPDATE account SET closed_until =
        greatest(closed_until, greatest(at, last_now) + longest_call + longest_window);
    UPDATE store SET quarantined_until = coalesce((SELECT max(closed_until) FROM account), 0);
END $$;
