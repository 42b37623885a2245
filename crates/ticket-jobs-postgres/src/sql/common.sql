-- What the other functions use. Each public function is one transaction.
--
-- Locks are taken in this order: an account (take alone), a worker, accounts of a job by number, the job. A deadlock that
-- remains possible while a job is cancelled ends one of the transactions, which is repeated.

-- The time now, to be asked after locks: `now()` is that of the transaction's begin.
CREATE FUNCTION clock(given bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF given IS NULL THEN
        RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000;
    ELSIF (SELECT clock_is_given FROM store) THEN
        RETURN given;
    END IF;
    RAISE EXCEPTION SQLSTATE 'TJ004' USING MESSAGE = 'this ledger asks the clock of its server';
END $$;

-- The end of the present transaction need not wait for the disk: what it writes may be lost without harm.
CREATE FUNCTION need_not_sync() RETURNS void LANGUAGE sql AS
    $$ SELECT set_config('synchronous_commit', 'off', true) $$;

CREATE FUNCTION number_of(job_id text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE it int := (SELECT number FROM job WHERE id = job_id);
BEGIN
    IF it IS NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ001' USING MESSAGE = format('there is no job %s', job_id);
    END IF;
    RETURN it;
END $$;

-- The number of a job that is loading, which stays so until the transaction's end.
CREATE FUNCTION loading(job_id text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id); s text;
BEGIN
    SELECT state INTO s FROM job WHERE number = j FOR UPDATE;
    IF s IS DISTINCT FROM 'loading' THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('job %s is %s: its list is complete', job_id, coalesce(s, 'gone'));
    END IF;
    RETURN j;
END $$;

CREATE FUNCTION lost_after() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 30000000000 $$;

-- The job that a worker works on. The worker cannot be told lost before the transaction's end.
CREATE FUNCTION working(w bigint, at bigint, OUT j int, OUT s text) LANGUAGE plpgsql AS $$
BEGIN
    SELECT job INTO j FROM worker
        WHERE id = w AND ended_at IS NULL AND beat_at > at - lost_after() AND job IS NOT NULL FOR SHARE;
    IF j IS NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = 'this worker is lost: it was not heard of for too long, or has finished';
    END IF;
    SELECT state INTO s FROM job WHERE number = j;
END $$;

-- Locks accounts of a job: these, and all that `leave_undone` will look at if the job is being cancelled.
CREATE FUNCTION lock_accounts(j int, numbers int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state = 'cancelling' FROM job WHERE number = j) THEN
        PERFORM 1 FROM job_account WHERE job = j ORDER BY number FOR NO KEY UPDATE;
    ELSE
        PERFORM 1 FROM job_account WHERE job = j AND number = ANY (numbers)
            ORDER BY number FOR NO KEY UPDATE;
    END IF;
END $$;

-- Frees what the lost workers of a job have. One that does something just now is looked at the next time.
CREATE FUNCTION free_lost(j int, but bigint, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE w bigint;
BEGIN
    FOR w IN SELECT id FROM worker
        WHERE job = j AND ended_at IS NULL AND beat_at <= at - lost_after() AND id IS DISTINCT FROM but
        ORDER BY id FOR UPDATE SKIP LOCKED
    LOOP
        UPDATE worker SET ended_at = at, lost = true WHERE id = w;
        UPDATE claim SET worker = NULL, not_before = 0, nonce = NULL WHERE claim.worker = w;
    END LOOP;
END $$;

-- Ends a job none of whose tickets is open.
CREATE FUNCTION complete(j int) RETURNS void LANGUAGE sql AS $$
    UPDATE job SET state = CASE state WHEN 'cancelling' THEN 'cancelled' ELSE 'completed' END
        WHERE number = j AND open_accounts = 0 AND state IN ('ready', 'paused', 'cancelling')
$$;

-- Counts tickets that got an outcome.
CREATE FUNCTION count_outcome(j int, a int, word text, more bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE left_open bigint;
BEGIN
    INSERT INTO settled AS s VALUES (j, a, word, more)
        ON CONFLICT (job, account, outcome) DO UPDATE SET n = s.n + excluded.n;
    UPDATE job_account SET open = open - more WHERE job = j AND number = a RETURNING open INTO left_open;
    IF left_open = 0 THEN
        UPDATE job SET open_accounts = open_accounts - 1 WHERE number = j;
    END IF;
END $$;

-- Gives the tickets of a job that is being cancelled their outcome, unless they are in doubt or a worker has them that is
-- not lost.
CREATE FUNCTION leave_undone(j int, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a record; c record; n bigint; undone bigint;
BEGIN
    IF (SELECT state FROM job WHERE number = j) IS DISTINCT FROM 'cancelling' THEN
        RETURN;
    END IF;
    PERFORM free_lost(j, NULL, at);
    FOR a IN SELECT * FROM job_account WHERE job = j AND (next_seq <= last_seq OR EXISTS (
            SELECT 1 FROM claim WHERE claim.job = j AND claim.account = job_account.number AND worker IS NULL))
        ORDER BY number FOR NO KEY UPDATE
    LOOP
        undone := 0;
        FOR c IN SELECT * FROM claim WHERE job = j AND account = a.number AND worker IS NULL LOOP
            UPDATE ticket SET outcome = 'unattempted', decided_at = at
                WHERE job = j AND account = a.number AND seq BETWEEN c.first_seq AND c.last_seq
                    AND outcome IS NULL AND doubts IS NULL;
            GET DIAGNOSTICS n = ROW_COUNT;
            undone := undone + n;
            UPDATE claim SET open = open - n
                WHERE job = j AND account = a.number AND first_seq = c.first_seq;
        END LOOP;
        IF a.next_seq <= a.last_seq AND a.presumed IS NULL THEN
            UPDATE ticket SET outcome = 'unattempted', decided_at = at
                WHERE job = j AND account = a.number AND seq BETWEEN a.next_seq AND a.last_seq
                    AND outcome IS NULL AND doubts IS NULL;
            GET DIAGNOSTICS n = ROW_COUNT;
            undone := undone + n;
            -- What is still open here is in doubt.
            UPDATE job_account SET next_seq = coalesce(
                    (SELECT min(seq) FROM ticket WHERE job = j AND account = a.number
                        AND seq BETWEEN a.next_seq AND a.last_seq AND outcome IS NULL),
                    last_seq + 1)
                WHERE job = j AND number = a.number;
        END IF;
        DELETE FROM claim WHERE job = j AND account = a.number AND open <= 0;
        IF undone > 0 THEN
            PERFORM count_outcome(j, a.number, 'unattempted', undone);
        END IF;
    END LOOP;
    PERFORM complete(j);
END $$;
