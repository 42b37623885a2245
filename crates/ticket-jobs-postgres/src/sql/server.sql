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

-- Calls, claims and slots may have been recorded that are not there. All accounts are closed until none of these calls can
-- count any more, all workers are lost, and what they may have sent is in doubt: for each account of a job that is not over
-- a call is recorded that may have been made.
CREATE FUNCTION quarantine() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    at bigint := clock(NULL); a record; c bigint;
    longest bigint := (SELECT coalesce(max(longest_call), 0) FROM account);
BEGIN
    -- Ids that were given out and lost are not given out again: whoever has one still ends its call, or works with it.
    PERFORM setval(s, nextval(s) + 1000000000)
        FROM unnest(ARRAY['call_id_seq', 'worker_id_seq']::regclass[]) AS s;
    FOR a IN SELECT job_account.*, job.change FROM job_account JOIN job ON job.number = job_account.job
        WHERE job.state NOT IN ('loading', 'completed', 'cancelled') AND job_account.open > 0
        ORDER BY job, job_account.number
    LOOP
        INSERT INTO call (account, job, job_account, operation, requests, tickets, taken_at, expires_at,
                acts_until, nonce)
            VALUES (lock_account(a.key), a.job, a.number,
                CASE json_typeof(a.change::json) WHEN 'string' THEN a.change::json #>> '{}'
                    ELSE (SELECT min(k) FROM json_object_keys(a.change::json) AS k) END,
                1, '{}', at, at + longest, at + longest, 0)
            RETURNING id INTO c;
        UPDATE ticket SET doubts = array_append(doubts, c) FROM claim
            WHERE claim.job = a.job AND claim.account = a.number AND ticket.job = a.job
                AND ticket.account = a.number AND ticket.seq BETWEEN claim.first_seq AND claim.last_seq
                AND outcome IS NULL;
        UPDATE job_account SET presumed = c WHERE job = a.job AND number = a.number;
    END LOOP;
    UPDATE claim SET worker = NULL, not_before = 0, nonce = NULL WHERE worker IS NOT NULL;
    UPDATE worker SET ended_at = at, lost = true WHERE ended_at IS NULL;
    UPDATE account SET closed_until = greatest(closed_until, greatest(at, last_now) + longest + longest_window);
    UPDATE store SET quarantined_until = at + longest
        + coalesce((SELECT max(longest_window) FROM account), 0);
END $$;
