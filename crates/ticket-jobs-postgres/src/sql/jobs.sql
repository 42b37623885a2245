-- The life of jobs.

-- Whether the id was free, or the job is the one that an earlier attempt with this nonce created.
CREATE FUNCTION create_job(given bigint, job_id text, mark bigint, change text, guards text,
    erasure text, created_by text, awaits_confirmation boolean, priority smallint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job (id, nonce, change, guards, erasure, state, created_at, created_by, awaits_confirmation,
            priority)
        VALUES (job_id, mark, change, guards, erasure, 'loading', clock(given), created_by, awaits_confirmation,
            priority)
        ON CONFLICT (id) DO NOTHING;
    RETURN EXISTS (SELECT 1 FROM job WHERE id = job_id AND nonce = mark);
END $$;

-- The arrays are columns of a list.
CREATE FUNCTION add_tickets(job_id text, seqs bigint[], names text[], ids text[], versions text[],
    peoples text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := loading(job_id); closed boolean; last bigint; bad bigint; there bigint[]; known int;
BEGIN
    SELECT is_closed, last_seq INTO closed, last FROM job WHERE number = j;
    IF closed THEN
        RAISE EXCEPTION SQLSTATE 'TJ002' USING MESSAGE = format('the list of job %s is complete', job_id);
    END IF;
    SELECT seq INTO bad FROM (
            SELECT seq, lag(seq, 1, last) OVER (ORDER BY place) AS before, place
                FROM unnest(seqs) WITH ORDINALITY AS listed (seq, place)) AS listed
        WHERE seq <= before ORDER BY place LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ004'
            USING MESSAGE = format('place %s of the list comes after a later one', bad);
    END IF;
    known := (SELECT count(*) FROM job_account WHERE job = j);
    INSERT INTO job_account (job, number, name, tickets, open, next_seq, last_seq)
        SELECT j, known + row_number() OVER (ORDER BY first) - 1, name, 0, 0, first, first
            FROM (SELECT name, min(seq) AS first FROM unnest(seqs, names) AS listed (seq, name)
                GROUP BY name) AS named
            WHERE NOT EXISTS (SELECT 1 FROM job_account a WHERE a.job = j AND a.name = named.name);
    WITH added AS (
        INSERT INTO ticket (job, account, seq, id, version, people)
            SELECT j, a.number, l.seq, l.id, l.version, l.people
                FROM unnest(seqs, names, ids, versions, peoples) AS l (seq, name, id, version, people)
                JOIN job_account a ON a.job = j AND a.name = l.name
                ORDER BY l.seq
            ON CONFLICT (job, account, id) DO NOTHING RETURNING account, seq),
    counted AS (
        UPDATE job_account a SET tickets = tickets + n, open = open + n, last_seq = greatest(a.last_seq, by.latest)
            FROM (SELECT account, count(*) AS n, max(seq) AS latest FROM added GROUP BY account) AS by
            WHERE a.job = j AND a.number = by.account)
    SELECT array_agg(seq) INTO there FROM added;
    bad := cardinality(seqs) - coalesce(cardinality(there), 0);
    IF bad > 0 THEN
        -- One look for each: a join may read the job's other tickets.
        INSERT INTO repeated
            SELECT j, l.seq, (SELECT t.seq FROM ticket t WHERE t.job = j AND t.id = l.id AND t.account =
                    (SELECT number FROM job_account a WHERE a.job = j AND a.name = l.name))
                FROM unnest(seqs, names, ids) AS l (seq, name, id)
                WHERE l.seq IN (SELECT unnest(seqs) EXCEPT SELECT unnest(there));
    END IF;
    UPDATE job SET tickets = tickets + coalesce(cardinality(there), 0), repeated = repeated + bad,
            last_seq = coalesce((SELECT max(seq) FROM unnest(seqs) AS seq), last)
        WHERE number = j RETURNING tickets INTO known;
    -- The planner chooses the index of a ticket's id only if it knows how many tickets an account has. Once for each power
    -- of ten; autovacuum does the rest.
    IF known >= 1000 AND length(known::text) > length((known - cardinality(there))::text) THEN
        ANALYZE ticket;
    END IF;
END $$;

CREATE FUNCTION see_tickets(job_id text, seqs bigint[], looked text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := loading(job_id);
BEGIN
    UPDATE ticket SET seen = l.seen FROM (
            SELECT DISTINCT ON (seq) seq, seen
                FROM unnest(seqs, looked) WITH ORDINALITY AS l (seq, seen, place)
                ORDER BY seq, place DESC) AS l
        WHERE job = j AND ticket.seq = ANY (seqs) AND ticket.seq = l.seq;
END $$;

CREATE FUNCTION close_list(job_id text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := loading(job_id);
BEGIN
    UPDATE job SET is_closed = true,
            open_accounts = (SELECT count(*) FROM job_account WHERE job = j)
        WHERE number = j AND NOT is_closed;
END $$;

-- The arrays are columns of the accounts.
CREATE FUNCTION seal(given bigint, job_id text, names text[], keys text[], chunks bigint[],
    abouts text[], digest_of_all text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := loading(job_id); missing text; canary bigint; held bigint;
BEGIN
    UPDATE job_account a SET key = l.key, chunk = l.chunk, about = l.about
        FROM unnest(names, keys, chunks, abouts) AS l (name, key, chunk, about)
        WHERE a.job = j AND a.name = l.name;
    SELECT name INTO missing FROM job_account WHERE job = j AND key IS NULL LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ004'
            USING MESSAGE = format('the job has tickets of the account %s, which is not named', missing);
    END IF;
    PERFORM close_list(job_id);
    canary := (
        SELECT least((guards::json ->> 'canary')::numeric, 9223372036854775807)::bigint FROM job WHERE number = j);
    IF canary IS NOT NULL THEN
        SELECT seq INTO held FROM ticket WHERE job = j ORDER BY seq LIMIT 1 OFFSET canary;
    END IF;
    IF (SELECT tickets >= 1000 FROM job WHERE number = j) THEN
        ANALYZE ticket;
    END IF;
    UPDATE job SET sealed_at = clock(given), digest = digest_of_all, held_from = held,
            state = CASE WHEN tickets = 0 THEN 'completed'
                WHEN awaits_confirmation THEN 'awaiting_confirmation' ELSE 'ready' END
        WHERE number = j;
END $$;

CREATE FUNCTION confirm(job_id text, confirmation text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id); s text;
BEGIN
    SELECT state INTO s FROM job WHERE number = j FOR UPDATE;
    IF s <> 'awaiting_confirmation' THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('job %s is %s, so it cannot be confirmed', job_id, s);
    END IF;
    UPDATE job SET state = 'ready', confirmed = confirmation WHERE number = j;
END $$;

-- Removes the rows of a job but its calls and workers.
CREATE FUNCTION remove_job(j int) RETURNS void LANGUAGE sql AS $$
    DELETE FROM event WHERE job = j;
    DELETE FROM claim WHERE job = j;
    DELETE FROM settled WHERE job = j;
    DELETE FROM repeated WHERE job = j;
    DELETE FROM ticket WHERE job = j;
    DELETE FROM job_account WHERE job = j;
    DELETE FROM job WHERE number = j;
$$;

CREATE FUNCTION discard(job_id text) RETURNS void LANGUAGE sql AS $$ SELECT remove_job(loading(job_id)) $$;

-- `step` as it is told: paused, resumed, cancelled, released.
CREATE FUNCTION steer(given bigint, job_id text, step text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id); s text; next text;
BEGIN
    IF step = 'cancelled' THEN
        PERFORM 1 FROM job_account WHERE job = j ORDER BY number FOR NO KEY UPDATE;
    END IF;
    SELECT state INTO s FROM job WHERE number = j FOR NO KEY UPDATE;
    next := CASE
        WHEN step = 'paused' AND s IN ('ready', 'paused') THEN 'paused'
        WHEN step = 'resumed' AND s IN ('ready', 'paused') THEN 'ready'
        WHEN step = 'cancelled' AND s = 'cancelled' THEN s
        WHEN step = 'cancelled' AND s IN ('awaiting_confirmation', 'ready', 'paused', 'cancelling')
            THEN 'cancelling'
        WHEN step = 'released' AND s IN ('ready', 'paused') THEN s
    END;
    IF next IS NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('job %s is %s, so it cannot be %s', job_id, s, step);
    END IF;
    UPDATE job SET state = next,
            held_from = CASE WHEN step = 'released' OR next = 'cancelling' THEN NULL ELSE held_from END
        WHERE number = j AND (state <> next OR step = 'released');
    IF step = 'resumed' THEN
        UPDATE account SET suspended_because = NULL, suspended_until = NULL
            WHERE suspended_because IS NOT NULL AND key IN (SELECT key FROM job_account WHERE job = j);
    ELSIF step = 'cancelled' THEN
        PERFORM leave_undone(j, clock(given));
    END IF;
    RETURN (SELECT state FROM job WHERE number = j);
END $$;

CREATE FUNCTION pause(given bigint, job_id text) RETURNS text LANGUAGE sql AS
    $$ SELECT steer(given, job_id, 'paused') $$;

CREATE FUNCTION prioritize(job_id text, rank smallint) RETURNS void LANGUAGE sql AS
    $$ UPDATE job SET priority = rank WHERE number = number_of(job_id) $$;

CREATE FUNCTION look_again(job_id text, seqs bigint[], looks text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id); bad bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM job WHERE number = j AND erasure IS NOT NULL) THEN
        RAISE EXCEPTION SQLSTATE 'TJ002' USING MESSAGE = format('job %s is no erasure', job_id);
    END IF;
    SELECT seq INTO bad FROM unnest(seqs) WITH ORDINALITY AS l (seq, place)
        WHERE (SELECT outcome FROM ticket t WHERE t.job = j AND t.seq = l.seq) IS NULL
        ORDER BY place LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION SQLSTATE 'TJ002'
            USING MESSAGE = format('the ticket at place %s has no outcome', bad);
    END IF;
    UPDATE ticket SET looked_again = l.looked FROM (
            SELECT DISTINCT ON (seq) seq, looked
                FROM unnest(seqs, looks) WITH ORDINALITY AS l (seq, looked, place)
                ORDER BY seq, place DESC) AS l
        WHERE job = j AND ticket.seq = ANY (seqs) AND ticket.seq = l.seq;
END $$;

CREATE FUNCTION note(job_id text, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j int := number_of(job_id);
BEGIN
    -- One at a time: events are numbered.
    PERFORM 1 FROM job WHERE number = j FOR NO KEY UPDATE;
    INSERT INTO event SELECT j, coalesce(max(number), 0) + 1, what FROM event WHERE job = j;
END $$;

-- Removes calls that are no part of a job and count in no window any more, and workers of jobs that are gone.
CREATE FUNCTION clean(at bigint) RETURNS void LANGUAGE sql AS $$
    DELETE FROM call USING account
        WHERE call.account = account.number AND call.job IS NULL AND acts_until <= at - longest_window;
    DELETE FROM worker WHERE job IS NULL AND NOT EXISTS (
        SELECT 1 FROM call WHERE call.job IS NULL AND call.worker = worker.id AND call.ended_at IS NULL);
$$;

CREATE FUNCTION prune(given bigint, before bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE old record; at bigint := clock(given);
BEGIN
    FOR old IN SELECT number, id FROM job
        WHERE created_at < before AND state IN ('loading', 'awaiting_confirmation', 'completed', 'cancelled')
        ORDER BY number FOR UPDATE
    LOOP
        DELETE FROM call USING account
            WHERE call.job = old.number AND account.number = call.account
                AND acts_until <= at - longest_window;
        -- Those that still count stay without their job, and without what it was about.
        UPDATE call SET job = NULL, job_account = NULL, tickets = '{}' WHERE job = old.number;
        UPDATE worker SET job = NULL WHERE job = old.number;
        PERFORM remove_job(old.number);
        RETURN NEXT old.id;
    END LOOP;
    PERFORM clean(at);
END $$;
