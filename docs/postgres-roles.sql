-- Roles for a ledger on PostgreSQL: the bot may add entries, and neither change nor remove them.
--
-- Run it in the ledger's database after each `sla migrate`, as a superuser:
--   sudo -u postgres psql -d slakeeper -v ON_ERROR_STOP=1 -f docs/postgres-roles.sql
-- or as the database's owner, who needs CREATEROLE the first time.
-- It may be run again; it gives what is said here and takes everything else away.
--
-- The roles cannot log in themselves. Who does is made a member of one:
--   CREATE ROLE slakeeper_bot LOGIN PASSWORD '…' IN ROLE slakeeper_app;
-- and DATABASE_URL=postgresql://slakeeper_bot:…@HOST/DATABASE is what `sla run` gets. The owner's password stays with whoever
-- migrates. What none of these roles can do, the owner and a superuser still can: the seals are for that.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['slakeeper_app', 'slakeeper_eraser', 'slakeeper_archiver'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM slakeeper_app, slakeeper_eraser, slakeeper_archiver;
GRANT USAGE ON SCHEMA public TO slakeeper_app;

-- The bot, and every command that reads: it sees everything.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO slakeeper_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO slakeeper_app;

-- What may not be lost is only added to: no UPDATE, no DELETE.
GRANT INSERT ON entries, personal, seals TO slakeeper_app;

-- Where each chain ends, and who holds a lease, moves on.
GRANT INSERT, UPDATE ON chains, leases TO slakeeper_app;

-- What is computed from entries is written anew at each look; sweeps end.
GRANT INSERT, UPDATE ON tickets TO slakeeper_app;
GRANT INSERT, UPDATE, DELETE ON clocks, pages, reviews, knowledge, sweeps TO slakeeper_app;
GRANT INSERT, UPDATE, DELETE ON cells, rollups, rollup_changes, series_minutes, series_days TO slakeeper_app;

-- What is said goes out once and is marked as sent; nothing of it is removed.
GRANT INSERT, UPDATE ON outbox, posts, chat TO slakeeper_app;
GRANT INSERT, DELETE ON platforms TO slakeeper_app;
GRANT INSERT ON chat_log TO slakeeper_app;

-- What was refused stays as it came in; only that it was replayed is noted.
GRANT INSERT, UPDATE (replayed_at) ON quarantine TO slakeeper_app;

-- Erasing personal fields: whoever is asked to forget a person (sla ledger erase). It notes in an entry what it has erased, takes
-- the words out of what was said, and removes what was refused and names the person.
GRANT slakeeper_app TO slakeeper_eraser;
GRANT DELETE ON personal, quarantine TO slakeeper_eraser;
GRANT UPDATE (text) ON chat_log TO slakeeper_eraser;

-- Archiving (sla ledger archive): entries that stand in an archive leave the database, and nothing personal of them stays.
GRANT slakeeper_app TO slakeeper_archiver;
GRANT DELETE ON entries, personal TO slakeeper_archiver;
GRANT UPDATE (text) ON chat_log TO slakeeper_archiver;
