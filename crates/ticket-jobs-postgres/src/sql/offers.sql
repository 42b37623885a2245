-- Which jobs go first, and what is offered to workers.

-- Whether an account of a job has open tickets that nobody had yet and that are not held back. Of a job that is being
-- cancelled, only those in doubt are open.
CREATE FUNCTION is_untouched(a job_account, s text, held bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF a.next_seq > a.last_seq THEN
        RETURN false;
    ELSIF s = 'cancelling' THEN
        RETURN EXISTS (SELECT 1 FROM ticket WHERE job = a.job AND account = a.number
            AND seq BETWEEN a.next_seq AND a.last_seq AND outcome IS NULL
            AND (doubts IS NOT NULL OR a.presumed IS NOT NULL));
    ELSIF held IS NULL OR held > a.last_seq THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT 1 FROM ticket WHERE job = a.job AND account = a.number
        AND seq BETWEEN a.next_seq AND held - 1);
END $$;

-- Whether a job of a higher priority goes first at the accounts with this key: one whose workers have such an account.
CREATE FUNCTION is_outranked(j int, account_key text, at bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM job other JOIN job_account a ON a.job = other.number
        WHERE other.state = 'ready' AND other.priority > (SELECT priority FROM job WHERE number = j)
            AND a.key = account_key
            AND EXISTS (SELECT 1 FROM worker w WHERE w.job = other.number AND w.ended_at IS NULL
                AND w.beat_at > at - lost_after() AND a.number = ANY (w.accounts))
            AND (is_untouched(a, other.state, other.held_from) OR EXISTS (SELECT 1 FROM claim c
                WHERE c.job = a.job AND c.account = a.number
                    AND (c.worker IS NOT NULL OR c.not_before <= at))));
END $$;

CREATE FUNCTION offers(given bigint, names text[], most bigint)
RETURNS TABLE (job_id text, account_name text, rank smallint) LANGUAGE plpgsql AS $$
DECLARE at bigint := clock(given);
BEGIN
    RETURN QUERY
    WITH alive AS MATERIALIZED (
        SELECT w.id, w.job, w.accounts FROM job JOIN worker w ON w.job = job.number
            WHERE job.state IN ('ready', 'cancelling') AND w.ended_at IS NULL
                AND w.beat_at > at - lost_after()),
    -- A job of the lowest priority goes before none.
    lowest AS MATERIALIZED (SELECT min(priority) AS rank FROM job WHERE state IN ('ready', 'cancelling')),
    first AS MATERIALIZED (
        SELECT a.key, max(f.priority) AS rank FROM job f JOIN job_account a ON a.job = f.number
            WHERE f.state = 'ready' AND f.priority > (SELECT lowest.rank FROM lowest)
                AND (f.number, a.number) IN (SELECT alive.job, unnest(alive.accounts) FROM alive)
                AND (is_untouched(a, f.state, f.held_from) OR EXISTS (SELECT 1 FROM claim c
                    WHERE c.job = a.job AND c.account = a.number
                        AND (c.worker IS NOT NULL OR c.not_before <= at)))
            GROUP BY a.key)
    SELECT f.id, a.name, f.priority
        FROM job f JOIN job_account a ON a.job = f.number
        LEFT JOIN account q ON q.key = a.key
        LEFT JOIN first ON first.key = a.key
        CROSS JOIN LATERAL (SELECT count(DISTINCT c.worker) AS workers FROM claim c
            WHERE c.job = a.job AND c.account = a.number AND c.worker IN (SELECT alive.id FROM alive)) AS busy
        WHERE f.state IN ('ready', 'cancelling') AND a.name = ANY (names) AND a.open > 0
            AND (q.suspended_because IS NULL OR q.suspended_until <= at)
            AND (first.rank IS NULL OR first.rank <= f.priority)
            AND (is_untouched(a, f.state, f.held_from) OR EXISTS (SELECT 1 FROM claim c
                WHERE c.job = a.job AND c.account = a.number AND CASE WHEN c.worker IS NULL
                    THEN c.not_before <= at ELSE c.worker NOT IN (SELECT alive.id FROM alive) END))
        ORDER BY f.priority DESC, busy.workers, f.number, a.number LIMIT most;
END $$;
