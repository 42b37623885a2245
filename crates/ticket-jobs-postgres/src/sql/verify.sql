-- Recounts a job from its rows: each part finds contradictions and says them. A function, since its plan takes longer than
-- a small job.
CREATE FUNCTION verify(job_id text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN QUERY
WITH j AS (SELECT * FROM job WHERE id = job_id),
t AS (SELECT * FROM ticket WHERE job = (SELECT number FROM j)),
a AS (SELECT * FROM job_account WHERE job = (SELECT number FROM j)),
c AS (SELECT * FROM claim WHERE job = (SELECT number FROM j)),
r AS (SELECT * FROM repeated WHERE job = (SELECT number FROM j)),
s AS (SELECT * FROM settled WHERE job = (SELECT number FROM j)),
w AS (SELECT * FROM worker WHERE job = (SELECT number FROM j)),
k AS (SELECT * FROM call WHERE job = (SELECT number FROM j))
(SELECT format('the job says %s tickets, but has %s', tickets, n)
    FROM j, (SELECT count(*) AS n FROM t) AS counted WHERE tickets <> n)
UNION ALL
(SELECT format('the job says %s repetitions, but has %s', repeated, n)
    FROM j, (SELECT count(*) AS n FROM r) AS counted WHERE repeated <> n)
UNION ALL
(SELECT format('the account %s says %s tickets, but has %s', name, tickets, coalesce(n, 0))
    FROM a LEFT JOIN (SELECT account, count(*) AS n FROM t GROUP BY account) AS counted ON account = number
    WHERE tickets <> coalesce(n, 0) LIMIT 100)
UNION ALL
(SELECT format('the account %s says %s open tickets, but has %s', name, open, coalesce(n, 0))
    FROM a LEFT JOIN (SELECT account, count(*) AS n FROM t WHERE outcome IS NULL GROUP BY account) AS counted
        ON account = number
    WHERE open <> coalesce(n, 0) LIMIT 100)
UNION ALL
(SELECT format('the job says that %s accounts have open tickets, but %s have', open_accounts, n)
    FROM j, (SELECT count(*) AS n FROM a WHERE open > 0) AS counted WHERE is_closed AND open_accounts <> n)
UNION ALL
(SELECT format('the outcome %s of account %s is counted %s times, but %s tickets have it',
        outcome, account, max(said), max(n))
    FROM (SELECT outcome, account, n AS said, 0 AS n FROM s
        UNION ALL
        SELECT outcome, account, 0, count(*) FROM t WHERE outcome IS NOT NULL GROUP BY outcome, account) AS told
    GROUP BY outcome, account HAVING max(said) <> max(n) LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s has an outcome without a time, or a time without an outcome', seq)
    FROM t WHERE (outcome IS NULL) <> (decided_at IS NULL) LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s is of account number %s, which the job does not have', seq, account)
    FROM t WHERE NOT EXISTS (SELECT 1 FROM a WHERE number = account) LIMIT 100)
UNION ALL
(SELECT format('place %s repeats place %s, which does not come before it or has no ticket', seq, of_seq)
    FROM r WHERE of_seq >= seq OR NOT EXISTS (SELECT 1 FROM t WHERE t.seq = of_seq) LIMIT 100)
UNION ALL
(SELECT format('place %s has a ticket and a repetition', r.seq) FROM r JOIN t USING (seq) LIMIT 100)
UNION ALL
(SELECT format('the claim from place %s says %s open tickets, but has %s', first_seq, open, n)
    FROM c CROSS JOIN LATERAL (SELECT count(*) AS n FROM t WHERE t.account = c.account
        AND seq BETWEEN first_seq AND last_seq AND outcome IS NULL) AS counted
    WHERE open <> n LIMIT 100)
UNION ALL
(SELECT format('the claim from place %s belongs to worker %s, which has ended', first_seq, worker)
    FROM c JOIN worker e ON e.id = worker WHERE e.ended_at IS NOT NULL LIMIT 100)
UNION ALL
(SELECT format('the open ticket at place %s is neither claimed nor left to claim', seq)
    FROM t JOIN a ON number = account
    WHERE outcome IS NULL AND seq < next_seq AND NOT EXISTS (SELECT 1 FROM c
        WHERE c.account = t.account AND seq BETWEEN first_seq AND c.last_seq) LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s is in doubt by call %s, which is not there or was without effect', seq, d)
    FROM t CROSS JOIN LATERAL unnest(doubts) AS d
    WHERE NOT EXISTS (SELECT 1 FROM k WHERE k.id = d AND effect IS DISTINCT FROM 'none') LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s is in doubt, but has an outcome', seq)
    FROM t WHERE outcome IS NOT NULL AND doubts IS NOT NULL LIMIT 100)
UNION ALL
(SELECT format('call %s ended before it was taken, expires before that, or acts until another time', id)
    FROM k WHERE ended_at < taken_at OR expires_at < taken_at OR acts_until <> coalesce(ended_at, expires_at)
    LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s says %s calls, the last one %s, but %s name it, the last one %s', t.seq,
        attempts, coalesce(last_call::text, 'nothing'), coalesce(n, 0), coalesce(latest::text, 'nothing'))
    FROM t LEFT JOIN (
        SELECT job_account, named, count(DISTINCT k.id) AS n, max(k.id) AS latest
            FROM k CROSS JOIN LATERAL unnest(tickets) AS named GROUP BY job_account, named) AS calls
        ON calls.job_account = t.account AND calls.named = t.id
    WHERE attempts <> coalesce(n, 0) OR last_call IS DISTINCT FROM latest LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s is archived without a time or without a digest', seq)
    FROM t WHERE (archived_at IS NULL) <> (archived_sha256 IS NULL) LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s is of people or was looked at again, but the job is no erasure', seq)
    FROM t, j WHERE erasure IS NULL AND (people IS NOT NULL OR looked_again IS NOT NULL) LIMIT 100)
UNION ALL
(SELECT format('the ticket at place %s was looked at again, but has no outcome', seq)
    FROM t WHERE looked_again IS NOT NULL AND outcome IS NULL LIMIT 100)
UNION ALL
(SELECT format('the job awaits confirmation, but has %s outcomes and %s workers', outcomes, workers)
    FROM j, (SELECT count(*) AS outcomes FROM t WHERE outcome IS NOT NULL) AS o,
        (SELECT count(*) AS workers FROM w) AS n
    WHERE state = 'awaiting_confirmation' AND outcomes + workers > 0)
UNION ALL
(SELECT format('the job is %s, but is confirmed', state) FROM j
    WHERE confirmed IS NOT NULL AND (NOT awaits_confirmation OR state IN ('loading', 'awaiting_confirmation')))
UNION ALL
(SELECT format('the job is %s, but nobody confirmed it', state) FROM j
    WHERE awaits_confirmation AND confirmed IS NULL AND (state IN ('ready', 'paused')
        OR state NOT IN ('loading', 'awaiting_confirmation')
            AND EXISTS (SELECT 1 FROM t WHERE outcome <> 'unattempted')))
UNION ALL
(SELECT format('the job is %s and holds back tickets from place %s on', state, held_from) FROM j
    WHERE held_from IS NOT NULL AND (state NOT IN ('awaiting_confirmation', 'ready', 'paused')
        OR NOT EXISTS (SELECT 1 FROM t WHERE seq = held_from)))
UNION ALL
(SELECT format('the ticket at place %s is held back, but was claimed or has an outcome', seq) FROM t, j
    WHERE seq >= held_from AND (outcome IS NOT NULL OR EXISTS (SELECT 1 FROM c
        WHERE c.account = t.account AND seq BETWEEN first_seq AND c.last_seq)) LIMIT 100)
UNION ALL
(SELECT CASE WHEN state IN ('completed', 'cancelled') THEN format('the job is %s, but %s tickets are open', state, n)
        ELSE format('the job is %s, but no ticket is open', state) END
    FROM j, (SELECT count(*) AS n FROM t WHERE outcome IS NULL) AS counted
    WHERE CASE WHEN state IN ('completed', 'cancelled') THEN n > 0 ELSE state <> 'loading' AND n = 0 END);
END $$;
