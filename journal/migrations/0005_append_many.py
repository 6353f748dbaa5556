from django.db import migrations

# Bulk engines write many entries of one kind at once. The running hash of each chain is an aggregate used as a window,
# so that thousands of entries are one statement; what an entry holds is the same as with journal_append.
FORWARD = """
CREATE FUNCTION journal_link(
    state bytea, start bytea, seq bigint, kind text, subject text, actor text, payload jsonb,
    occurred_at timestamptz, recorded_at timestamptz, exercise bigint
) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN journal_hash(coalesce(state, start), seq, kind, subject, '', actor, payload, occurred_at, recorded_at,
        false, exercise);
END
$$;
CREATE AGGREGATE journal_chain(
    bytea, bigint, text, text, text, jsonb, timestamptz, timestamptz, bigint
) (SFUNC = journal_link, STYPE = bytea);

-- Appends entries of one kind by one actor, in the order given, each to its subject's chain; returns how many.
-- Locks the chains' heads in order of subject: call it last, or hold them already.
CREATE FUNCTION journal_append_many(
    p_kind text, p_actor text, p_subjects text[], p_payloads jsonb[], p_occurred_at timestamptz[], p_exercises bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    place bigint;
BEGIN
    IF coalesce(cardinality(p_subjects), 0) = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO journal_head (subject, seq, hash)
    SELECT DISTINCT s, 0, ''::bytea FROM unnest(p_subjects) s ORDER BY s ON CONFLICT DO NOTHING;
    PERFORM 1 FROM journal_head WHERE subject = ANY(p_subjects) ORDER BY subject FOR UPDATE;
    moment := fenghuo_now();
    place := fenghuo_position();
    WITH numbered AS (
        SELECT g.subject, g.payload, g.exercise, coalesce(g.occurred_at, moment) AS occurred_at, h.hash AS start,
            h.seq + row_number() OVER (PARTITION BY g.subject ORDER BY g.n) AS seq
        FROM unnest(p_subjects, p_payloads, p_occurred_at, p_exercises)
            WITH ORDINALITY AS g(subject, payload, occurred_at, exercise, n)
        JOIN journal_head h ON h.subject = g.subject
    ), linked AS MATERIALIZED (
        SELECT *, journal_chain(start, seq, p_kind, subject, p_actor, payload, occurred_at, moment, exercise)
            OVER (PARTITION BY subject ORDER BY seq) AS hash
        FROM numbered
    ), written AS (
        INSERT INTO journal_entry (position, recorded_at, occurred_at, backfilled, kind, subject, reference, actor,
            payload, exercise, seq, previous_hash, hash)
        SELECT place, moment, occurred_at, false, p_kind, subject, '', p_actor, payload, exercise, seq,
            lag(hash, 1, start) OVER (PARTITION BY subject ORDER BY seq), hash
        FROM linked ORDER BY subject, seq
    ), moved AS (
        UPDATE journal_head h SET seq = n.seq, hash = n.hash
        FROM (SELECT DISTINCT ON (subject) subject, seq, hash FROM linked ORDER BY subject, seq DESC) n
        WHERE h.subject = n.subject RETURNING h.subject
    )
    SELECT count(pg_notify('fenghuo_topics', subject)) INTO place FROM moved;
    RETURN cardinality(p_subjects);
END
$$;

DROP TRIGGER journal_entry_tells_its_kind ON journal_entry;
CREATE OR REPLACE FUNCTION journal_tell_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fenghuo_topics', room || ':*') FROM (SELECT DISTINCT split_part(kind, '.', 1) FROM added) a(room);
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entry_tells_its_kind AFTER INSERT ON journal_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION journal_tell_kind();
"""
BACKWARD = """
DROP TRIGGER journal_entry_tells_its_kind ON journal_entry;
CREATE OR REPLACE FUNCTION journal_tell_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fenghuo_topics', split_part(NEW.kind, '.', 1) || ':*');
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entry_tells_its_kind AFTER INSERT ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_tell_kind();
DROP FUNCTION journal_append_many;
DROP AGGREGATE journal_chain(bytea, bigint, text, text, text, jsonb, timestamptz, timestamptz, bigint);
DROP FUNCTION journal_link;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_touches")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
