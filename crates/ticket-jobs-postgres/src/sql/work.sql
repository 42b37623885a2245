-- What workers do.

CREATE FUNCTION begin_work(given bigint, job_id text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id); s text; at bigint := clock(given); w bigint;
BEGIN
    SELECT state INTO s FROM job WHERE number = j;
    IF s IN ('loading', 'awaiting_confirmation') THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('job %s is %s, so it cannot be worked on', job_id, s);
    END IF;
    INSERT INTO worker (job, began_at, beat_at) VALUES (j, at, at) RETURNING id INTO w;
    PERFORM leave_undone(j, at);
    RETURN w;
END $$;

CREATE FUNCTION beat(given bigint, w bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(given); it record;
BEGIN
    SELECT * INTO it FROM working(w, at);
    UPDATE worker SET beat_at = greatest(beat_at, at) WHERE id = w;
    IF it.s = 'cancelling' THEN
        PERFORM leave_undone(it.j, at);
        RETURN (SELECT state FROM job WHERE number = it.j);
    END IF;
    -- A beat that is lost is one that was not heard.
    PERFORM need_not_sync();
    RETURN it.s;
END $$;

CREATE FUNCTION finish(given bigint, w bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(given); j int;
BEGIN
    UPDATE worker SET ended_at = at WHERE id = w AND ended_at IS NULL AND job IS NOT NULL
        RETURNING job INTO j;
    IF j IS NOT NULL THEN
        UPDATE claim SET worker = NULL, not_before = 0, nonce = NULL WHERE worker = w;
        PERFORM leave_undone(j, at);
    END IF;
END $$;

-- The open tickets of an account between two places. `doubt` is how long a call in doubt may still act, `lost` how many calls
-- ended with their process: see `Claimed::lost_calls`.
CREATE FUNCTION open_tickets(j int, a int, first bigint, last bigint, most bigint, at bigint,
    OUT seqs bigint[], OUT ids text[], OUT versions text[], OUT looked text[], OUT doubt_ns bigint[],
    OUT jobs text[], OUT lost int[])
LANGUAGE sql AS $$
    SELECT array_agg(seq ORDER BY seq), array_agg(id ORDER BY seq), array_agg(version ORDER BY seq),
            array_agg(seen ORDER BY seq), array_agg(left_ns ORDER BY seq),
            array_agg(accepted ORDER BY seq), array_agg(lost_calls ORDER BY seq)
        FROM (SELECT seq, t.id, version, seen, CASE WHEN doubts IS NOT NULL THEN greatest(0, (
                        SELECT max(CASE WHEN ended_at IS NULL THEN expires_at ELSE 0 END) - at
                            FROM call WHERE call.id = ANY (doubts))) END AS left_ns,
                    CASE WHEN doubts IS NOT NULL THEN (
                        SELECT accepted FROM call WHERE call.id = ANY (doubts) AND accepted IS NOT NULL
                            ORDER BY call.id DESC LIMIT 1) END AS accepted,
                    CASE WHEN last_call IS NULL THEN 0 ELSE greatest(
                        (SELECT count(*) FROM call WHERE call.id = ANY (doubts) AND ended_at IS NULL
                            AND worker IS NOT NULL),
                        (SELECT attempts / 2 FROM call WHERE call.id = last_call AND ended_at IS NULL
                            AND last_call <> ALL (coalesce(doubts, '{}'))))::int END AS lost_calls
            FROM ticket t
            WHERE job = j AND account = a AND seq BETWEEN first AND last AND outcome IS NULL
            ORDER BY seq LIMIT most) AS open
$$;

-- `what` is tickets, later, stopped, suspended, held or nothing.
CREATE FUNCTION claim_tickets(given bigint, w bigint, name_of text, mark bigint,
    OUT what text, OUT wait_ns bigint, OUT because text, OUT until bigint,
    OUT seqs bigint[], OUT ids text[], OUT versions text[], OUT looked text[], OUT doubt_ns bigint[],
    OUT jobs text[], OUT lost int[], OUT put_back int, OUT since bigint)
LANGUAGE plpgsql AS $$
DECLARE
    at bigint := clock(given); it record; a record; place record;
    held bigint; free_until bigint; free_from bigint; others boolean; untouched boolean; next bigint;
    outranked boolean;
BEGIN
    -- Before others share the worker's lock, which would wait for each other here.
    UPDATE worker SET accounts = array_append(accounts, j.number) FROM job_account j
        WHERE worker.id = w AND j.job = worker.job AND j.name = name_of AND j.number <> ALL (accounts);
    SELECT * INTO it FROM working(w, at);
    IF it.s = 'paused' THEN
        what := 'stopped';
        RETURN;
    END IF;
    PERFORM free_lost(it.j, w, at);
    PERFORM leave_undone(it.j, at);
    IF NOT EXISTS (SELECT 1 FROM job_account WHERE job = it.j AND name = name_of) THEN
        what := 'nothing';
        RETURN;
    END IF;
    SELECT * INTO a FROM job_account WHERE job = it.j AND name = name_of FOR NO KEY UPDATE;
    held := (SELECT held_from FROM job WHERE number = it.j);
    free_until := least(a.last_seq, held - 1);
    SELECT first_seq, last_seq, times_put_back, put_back_since INTO place FROM claim
        WHERE worker = w AND nonce = mark;
    IF FOUND THEN
        what := 'tickets';
        put_back := place.times_put_back;
        since := place.put_back_since;
        SELECT * INTO seqs, ids, versions, looked, doubt_ns, jobs, lost FROM open_tickets(
            it.j, a.number, place.first_seq, place.last_seq, NULL, at);
        RETURN;
    END IF;
    SELECT suspended_because, suspended_until INTO because, until FROM account
        WHERE key = a.key AND suspended_because IS NOT NULL
            AND (suspended_until IS NULL OR suspended_until > at);
    SELECT not_before INTO free_from FROM claim
        WHERE job = it.j AND account = a.number AND worker IS NULL ORDER BY not_before LIMIT 1;
    outranked := is_outranked(it.j, a.key, at);
    IF because IS NULL AND NOT outranked THEN
        what := 'tickets';
        -- Those that were claimed before and are free again.
        IF free_from <= at THEN
            SELECT first_seq, last_seq, times_put_back, put_back_since INTO place FROM claim
                WHERE job = it.j AND account = a.number AND worker IS NULL AND not_before <= at
                ORDER BY first_seq LIMIT 1;
            put_back := place.times_put_back;
            since := place.put_back_since;
            UPDATE claim SET worker = w, nonce = mark
                WHERE job = it.j AND account = a.number AND first_seq = place.first_seq;
            SELECT * INTO seqs, ids, versions, looked, doubt_ns, jobs, lost FROM open_tickets(
                it.j, a.number, place.first_seq, place.last_seq, NULL, at);
            RETURN;
        END IF;
        -- Those that nobody had yet.
        IF a.next_seq <= free_until THEN
            SELECT * INTO seqs, ids, versions, looked, doubt_ns, jobs, lost FROM open_tickets(
                it.j, a.number, a.next_seq, free_until, a.chunk, at);
            next := CASE WHEN cardinality(seqs) = a.chunk THEN seqs[a.chunk] ELSE free_until END + 1;
            UPDATE job_account SET next_seq = next WHERE job = it.j AND number = a.number;
            a.next_seq := next;
            IF seqs IS NOT NULL AND a.presumed IS NOT NULL THEN
                UPDATE ticket SET doubts = array_append(doubts, a.presumed)
                    WHERE job = it.j AND account = a.number AND seq = ANY (seqs);
                SELECT * INTO seqs, ids, versions, looked, doubt_ns, jobs, lost FROM open_tickets(
                    it.j, a.number, seqs[1], seqs[cardinality(seqs)], NULL, at);
            END IF;
            IF seqs IS NOT NULL THEN
                INSERT INTO claim (job, account, first_seq, last_seq, open, worker, nonce)
                    VALUES (it.j, a.number, seqs[1], seqs[cardinality(seqs)], cardinality(seqs), w, mark);
                RETURN;
            END IF;
        END IF;
    END IF;
    -- Whether there are tickets that nobody had yet and that are not held back.
    untouched := CASE WHEN held <= a.last_seq
        THEN EXISTS (SELECT 1 FROM ticket WHERE job = it.j AND account = a.number
            AND seq BETWEEN a.next_seq AND free_until)
        ELSE a.next_seq <= a.last_seq END;
    others := EXISTS (SELECT 1 FROM claim
        WHERE job = it.j AND account = a.number AND worker IS NOT NULL AND worker <> w);
    IF because IS NOT NULL AND (untouched OR free_from IS NOT NULL OR others) THEN
        what := 'suspended';
    ELSIF outranked AND (untouched OR free_from IS NOT NULL OR others) THEN
        -- The job that goes first may be done at any moment.
        what := 'later';
        wait_ns := 1000000000;
    ELSIF free_from IS NOT NULL OR others THEN
        what := 'later';
        wait_ns := least(CASE WHEN free_from > at THEN free_from - at WHEN free_from IS NOT NULL THEN 0 END,
            CASE WHEN others THEN 1000000000 END);
    ELSIF held <= a.last_seq THEN
        what := 'held';
    ELSE
        what := 'nothing';
    END IF;
    PERFORM need_not_sync();
END $$;

CREATE FUNCTION put_back(given bigint, w bigint, name_of text, wait_ns bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(given); it record; a int;
BEGIN
    SELECT * INTO it FROM working(w, at);
    a := (SELECT number FROM job_account WHERE job = it.j AND name = name_of);
    PERFORM lock_accounts(it.j, ARRAY[a]);
    UPDATE claim SET worker = NULL, nonce = NULL, not_before = at + wait_ns,
            put_back_since = CASE WHEN times_put_back = 0 THEN at ELSE put_back_since END,
            times_put_back = times_put_back + (wait_ns > 0)::int
        WHERE worker = w AND job = it.j AND account = a;
    PERFORM leave_undone(it.j, at);
END $$;

CREATE FUNCTION archive(given bigint, w bigint, seqs bigint[], digests text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(given); it record; done bigint[]; bad bigint;
BEGIN
    SELECT * INTO it FROM working(w, at);
    WITH archived AS (
        UPDATE ticket t SET archived_at = at, archived_sha256 = l.digest FROM (
                SELECT DISTINCT ON (seq) seq, digest
                    FROM unnest(seqs, digests) WITH ORDINALITY AS l (seq, digest, place)
                    ORDER BY seq, place DESC) AS l
            WHERE t.job = it.j AND t.seq = ANY (seqs) AND t.seq = l.seq AND outcome IS NULL AND EXISTS (
                SELECT 1 FROM claim c WHERE c.worker = w AND c.job = t.job AND c.account = t.account
                    AND t.seq BETWEEN first_seq AND last_seq)
            RETURNING t.seq)
    SELECT array_agg(seq) INTO done FROM archived;
    SELECT seq INTO bad FROM unnest(seqs) WITH ORDINALITY AS l (seq, place)
        WHERE seq <> ALL (coalesce(done, '{}')) ORDER BY place LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('this worker does not have the ticket at place %s', bad);
    END IF;
END $$;

CREATE FUNCTION settle(given bigint, w bigint, seqs bigint[], outcomes text[], errors text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at bigint := clock(given); it record; bad bigint; counted record;
    done_seqs bigint[]; done_accounts int[]; done_outcomes text[];
BEGIN
    SELECT * INTO it FROM working(w, at);
    PERFORM lock_accounts(it.j, ARRAY(
        SELECT DISTINCT account FROM ticket WHERE job = it.j AND seq = ANY (seqs)));
    WITH input AS (
        -- The first one of a place.
        SELECT DISTINCT ON (seq) * FROM unnest(seqs, outcomes, errors)
            WITH ORDINALITY AS l (seq, outcome, error, place) ORDER BY seq, place),
    done AS (
        UPDATE ticket t SET outcome = input.outcome, error = input.error, decided_at = at, doubts = NULL
            FROM input
            -- The array is looked up in the index, whatever the planner knows of the table.
            WHERE t.job = it.j AND t.seq = ANY (seqs) AND t.seq = input.seq AND t.outcome IS NULL AND EXISTS (
                SELECT 1 FROM claim c WHERE c.worker = w AND c.job = t.job AND c.account = t.account
                    AND t.seq BETWEEN first_seq AND last_seq)
            RETURNING t.seq, t.account, t.outcome)
    SELECT array_agg(seq), array_agg(account), array_agg(outcome)
        INTO done_seqs, done_accounts, done_outcomes FROM done;
    SELECT seq INTO bad FROM unnest(seqs) WITH ORDINALITY AS l (seq, place)
        WHERE (SELECT outcome FROM ticket t WHERE t.job = it.j AND t.seq = l.seq) IS NULL
        ORDER BY place LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('this worker does not have the ticket at place %s', bad);
    END IF;
    UPDATE claim SET open = open - n FROM (
            SELECT c.account, c.first_seq, count(*) AS n
                FROM unnest(done_seqs, done_accounts) AS d (seq, account)
                JOIN claim c ON c.worker = w AND c.job = it.j AND c.account = d.account
                    AND d.seq BETWEEN c.first_seq AND c.last_seq
                GROUP BY c.account, c.first_seq) AS d
        WHERE claim.job = it.j AND claim.account = d.account AND claim.first_seq = d.first_seq;
    DELETE FROM claim WHERE worker = w AND job = it.j AND open <= 0;
    FOR counted IN SELECT account, outcome, count(*) AS n
        FROM unnest(done_accounts, done_outcomes) AS d (account, outcome)
        GROUP BY account, outcome ORDER BY account, outcome
    LOOP
        PERFORM count_outcome(it.j, counted.account, counted.outcome, counted.n);
    END LOOP;
    IF it.s = 'cancelling' THEN
        PERFORM leave_undone(it.j, at);
    ELSE
        PERFORM complete(it.j);
    END IF;
END $$;
