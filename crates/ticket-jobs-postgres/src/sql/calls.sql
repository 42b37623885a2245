-- Calls and the quotas that they count in.

-- The number of an account, which is locked until the transaction's end.
CREATE FUNCTION lock_account(account_key text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE it int;
BEGIN
    SELECT number INTO it FROM account WHERE key = account_key FOR NO KEY UPDATE;
    IF it IS NULL THEN
        INSERT INTO account (key, closed_until) SELECT account_key, quarantined_until FROM store
            ON CONFLICT (key) DO NOTHING;
        SELECT number INTO it FROM account WHERE key = account_key FOR NO KEY UPDATE;
    END IF;
    RETURN it;
END $$;

-- Whether an operation is one of these, separated by commas; without any, all are.
CREATE FUNCTION is_of(operation text, operations text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
    $$ SELECT operations = '' OR operation = ANY (string_to_array(operations, ',')) $$;

-- How many requests of an account count after this time.
CREATE FUNCTION used_after(a int, begun bigint, operations text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(requests), 0)::bigint FROM call
        WHERE account = a AND acts_until > begun AND is_of(operation, operations)
$$;

-- For how long at least a window has no room for so many requests; nothing if it has. A call in flight counts as one that
-- ends now.
CREATE FUNCTION full_for(a int, at bigint, window_ns bigint, calls bigint, operations text, requested bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE too_many bigint; c record;
BEGIN
    IF requested > calls THEN
        RETURN window_ns;
    END IF;
    too_many := used_after(a, at - window_ns, operations) + requested - calls;
    IF too_many <= 0 THEN
        RETURN NULL;
    END IF;
    FOR c IN SELECT acts_until, requests FROM call
        WHERE account = a AND acts_until > at - window_ns AND is_of(operation, operations)
        ORDER BY acts_until
    LOOP
        too_many := too_many - c.requests;
        EXIT WHEN too_many <= 0;
    END LOOP;
    RETURN least(c.acts_until, at) + window_ns - at;
END $$;

-- Takes the slots of a call of account `a`, which is locked. `what` is slot, full, closed or busy.
CREATE FUNCTION take_one(at bigint, acc account, j int, ja int, w bigint, c jsonb, OUT what text, OUT value bigint)
LANGUAGE plpgsql AS $$
DECLARE
    operation_of text := c->>'operation'; is_write boolean := (c->>'is_write')::boolean;
    requested bigint := (c->>'requests')::bigint; until bigint := at + (c->>'longest')::bigint;
    ids text[]; window_of record; wait_ns bigint;
BEGIN
    IF acc.closed_until > at THEN
        what := 'closed';
        value := acc.closed_until - at;
        RETURN;
    END IF;
    FOR window_of IN SELECT * FROM jsonb_to_recordset(c->'windows') AS l (span bigint, calls bigint, operations text) LOOP
        wait_ns := greatest(wait_ns,
            full_for(acc.number, at, window_of.span, window_of.calls, window_of.operations, requested));
    END LOOP;
    IF wait_ns IS NOT NULL THEN
        what := 'full';
        value := wait_ns;
        RETURN;
    END IF;
    FOR window_of IN SELECT * FROM jsonb_to_recordset(c->'at_once') AS l (calls bigint, operations text) LOOP
        IF window_of.calls <= (SELECT count(*) FROM call WHERE account = acc.number AND acts_until > at
            AND ended_at IS NULL AND is_of(operation, window_of.operations))
        THEN
            what := 'busy';
            RETURN;
        END IF;
    END LOOP;
    ids := ARRAY(SELECT jsonb_array_elements_text(c->'tickets'));
    INSERT INTO call (account, job, job_account, worker, operation, requests, tickets, taken_at, expires_at,
            acts_until, nonce)
        VALUES (acc.number, j, ja, w, operation_of, requested, ids, at, until, until, (c->>'mark')::bigint)
        RETURNING id INTO value;
    IF ja IS NOT NULL THEN
        UPDATE ticket SET attempts = attempts + 1, last_call = value,
                doubts = CASE WHEN is_write AND outcome IS NULL
                    THEN array_append(doubts, value) ELSE doubts END
            WHERE job = j AND account = ja AND id = ANY (ids);
    ELSIF value % 1024 = 0 THEN
        PERFORM clean(at);
    END IF;
    what := 'slot';
END $$;

-- Records calls of an account, all of the same work or of none, and takes their slots, one after the other. There is one row
-- for each, with the server's clock, whatever the account's time is, and for how long the account was locked by others. Where the job does not go on, `what` is its state.
CREATE FUNCTION take(given bigint, account_key text, job_id text, w bigint, name_of text, calls text)
RETURNS TABLE (what text, value bigint, told bigint, waited bigint) LANGUAGE plpgsql AS $$
DECLARE
    begun bigint := clock(given); at bigint; a int; acc account; j int; s text; ja int; c jsonb; is_known boolean := false;
    longest bigint; longest_window_of bigint;
BEGIN
    IF job_id IS NOT NULL THEN
        j := number_of(job_id);
    END IF;
    a := lock_account(account_key);
    SELECT * INTO acc FROM account WHERE number = a;
    told := clock(given);
    waited := told - begun;
    at := greatest(told, acc.last_now);
    FOR c IN SELECT jsonb_array_elements(calls::jsonb) LOOP
        -- Recorded already, and the answer was lost.
        SELECT id INTO value FROM call WHERE account = a AND acts_until > at AND nonce = (c->>'mark')::bigint;
        IF FOUND THEN
            what := 'slot';
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF j IS NOT NULL AND NOT is_known THEN
            -- After the lock, which may have taken long.
            PERFORM 1 FROM worker
                WHERE id = w AND job = j AND ended_at IS NULL AND beat_at > at - lost_after() FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION SQLSTATE 'TJ003'
                    USING MESSAGE = 'this worker is lost or has finished; nothing was sent';
            END IF;
            s := (SELECT state FROM job WHERE number = j);
            ja := (SELECT number FROM job_account WHERE job = j AND name = name_of);
            is_known := true;
        END IF;
        -- What is in doubt is still looked at.
        IF j IS NOT NULL AND s <> 'ready' AND (s <> 'cancelling' OR (c->>'is_write')::boolean) THEN
            what := s;
            value := NULL;
        ELSE
            SELECT * INTO what, value FROM take_one(at, acc, j, ja, w, c);
        END IF;
        IF what = 'slot' THEN
            longest := greatest(longest, (c->>'longest')::bigint);
            longest_window_of := greatest(longest_window_of, (
                SELECT max(l.span) FROM jsonb_to_recordset(c->'windows') AS l (span bigint)));
        END IF;
        RETURN NEXT;
    END LOOP;
    IF longest IS NULL THEN
        PERFORM need_not_sync();
    ELSE
        UPDATE account SET last_now = at, longest_call = greatest(longest_call, longest),
                longest_window = greatest(longest_window, longest_window_of)
            WHERE number = a;
    END IF;
END $$;

-- Replies to calls. They need not wait for the disk: without its end a call counts longer, and what it names stays in doubt.
-- An outcome that is written later waits for both.
CREATE FUNCTION end_answered(given bigint, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE now bigint := clock(given);
BEGIN
    WITH ended AS (
        SELECT id, greatest(now, taken_at, last_now) AS at
            FROM call JOIN account ON number = account
            WHERE id = ANY (ids) AND ended_at IS NULL ORDER BY id FOR UPDATE OF call)
    UPDATE call SET ended_at = at, acts_until = at FROM ended WHERE call.id = ANY (ids) AND call.id = ended.id;
    PERFORM need_not_sync();
END $$;

-- The end of a call in any other way: unsent, accepted, or with an error.
CREATE FUNCTION end_call(given bigint, c bigint, is_unsent boolean, kind_of text, effect_of text, status_of int,
    accepted_as text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE it record; at bigint;
BEGIN
    SELECT * INTO it FROM call WHERE id = c AND ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    at := greatest(clock(given), it.taken_at, (SELECT last_now FROM account WHERE number = it.account));
    IF is_unsent THEN
        UPDATE ticket t SET attempts = attempts - 1,
                doubts = nullif(array_remove(doubts, c), '{}'),
                -- Almost always the last one before is among the latest.
                last_call = CASE WHEN last_call IS DISTINCT FROM c THEN last_call
                    WHEN attempts > 1 THEN (SELECT id FROM call e
                        WHERE e.job = it.job AND e.id < c AND e.job_account = it.job_account
                            AND t.id = ANY (e.tickets)
                        ORDER BY e.id DESC LIMIT 1) END
            WHERE job = it.job AND account = it.job_account AND id = ANY (it.tickets);
        DELETE FROM call WHERE id = c;
    ELSE
        UPDATE call SET ended_at = at, acts_until = at, kind = kind_of, effect = effect_of,
                status = status_of, accepted = accepted_as
            WHERE id = c;
        IF effect_of = 'none' THEN
            -- What another call may have changed stays in doubt through that one.
            UPDATE ticket SET doubts = nullif(array_remove(doubts, c), '{}')
                WHERE job = it.job AND account = it.job_account AND id = ANY (it.tickets)
                    AND doubts @> ARRAY[c];
        END IF;
    END IF;
    IF it.job IS NOT NULL AND (SELECT state = 'cancelling' FROM job WHERE number = it.job) THEN
        IF is_unsent OR effect_of = 'none' THEN
            PERFORM leave_undone(it.job, at);
        END IF;
    ELSE
        PERFORM need_not_sync();
    END IF;
END $$;

CREATE FUNCTION close_account(given bigint, account_key text, wait_ns bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE a int := lock_account(account_key);
BEGIN
    UPDATE account SET closed_until = greatest(closed_until, greatest(clock(given), last_now) + wait_ns)
        WHERE number = a;
END $$;

CREATE FUNCTION suspend(account_key text, why text, until bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a int := lock_account(account_key);
BEGIN
    UPDATE account SET suspended_because = why, suspended_until = until WHERE number = a;
END $$;

-- Gives out no slots of an account for its longest window. Returns for how long.
CREATE FUNCTION close_for_longest_window(account_key text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE a int := lock_account(account_key); until bigint;
BEGIN
    UPDATE account SET closed_until = greatest(closed_until, greatest(clock(NULL), last_now) + longest_window)
        WHERE number = a RETURNING closed_until - greatest(clock(NULL), last_now) INTO until;
    RETURN until;
END $$;
