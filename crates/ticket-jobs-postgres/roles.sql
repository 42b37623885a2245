-- Roles for a ledger, to be run once by its owner after the first connection made its tables:
--
--     psql "$LEDGER" -f roles.sql
--
-- Then give each user one of them, as in:  GRANT tickets_worker TO fleet;
--
-- tickets_reader    looks: lists, reports, verification.
-- tickets_planner   plans, confirms, steers and prunes jobs, from an operator's machine. It reads tickets, for which it takes
--                   slots of accounts, and works on no job.
-- tickets_worker    works on jobs that are confirmed, and pauses one of which too many tickets fail. It creates, confirms,
--                   cancels and prunes none.
--
-- Nobody but the owner writes a table: what a role may do is which functions it may call. The credentials of vendors are not
-- in the ledger.
DO $$
DECLARE r record; f record;
BEGIN
    FOR r IN SELECT * FROM (VALUES
        ('tickets_reader', ARRAY['recognize', 'verify']),
        ('tickets_planner', ARRAY['create_job', 'add_tickets', 'see_tickets', 'close_list', 'seal', 'confirm',
            'discard', 'steer', 'pause', 'prioritize', 'look_again', 'note', 'prune', 'take', 'end_answered', 'end_call', 'close_account',
            'close_for_longest_window']),
        ('tickets_worker', ARRAY['begin_work', 'beat', 'finish', 'offers', 'claim_tickets', 'put_back', 'archive',
            'settle', 'take', 'end_answered', 'end_call', 'close_account', 'close_for_longest_window', 'suspend', 'pause',
            'look_again', 'note'])
    ) AS roles (name, functions) LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r.name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r.name);
        END IF;
        FOR f IN SELECT oid::regprocedure AS signature FROM pg_proc
            WHERE pronamespace = 'tickets'::regnamespace AND proname = ANY (r.functions)
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.signature, r.name);
        END LOOP;
    END LOOP;
END $$;

GRANT tickets_reader TO tickets_planner, tickets_worker;
GRANT USAGE ON SCHEMA tickets TO tickets_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA tickets TO tickets_reader;
