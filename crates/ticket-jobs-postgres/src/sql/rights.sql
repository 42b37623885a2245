-- Functions that programs call act for the owner of the ledger, so that nobody else needs to write its tables, and see no
-- other schema's tables. They wait for a lock no longer than a program waits for its answer. Each of their statements has an
-- index, which is used whatever the statistics of a table say that has grown a thousandfold since.
DO $$
DECLARE f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS signature, proname FROM pg_proc
        WHERE pronamespace = 'tickets'::regnamespace
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.signature);
        IF f.proname IN ('create_job', 'add_tickets', 'see_tickets', 'close_list', 'seal', 'confirm', 'discard',
            'steer', 'pause', 'prioritize', 'offers', 'look_again', 'note', 'prune', 'begin_work', 'beat', 'finish', 'claim_tickets', 'put_back',
            'archive', 'settle', 'take', 'end_answered', 'end_call', 'close_account', 'close_for_longest_window', 'suspend',
            'recognize', 'verify')
        THEN
            EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = tickets, pg_temp '
                'SET lock_timeout = ''20s'' SET enable_seqscan = off SET jit = off', f.signature);
        END IF;
    END LOOP;
END $$;
