"""The journal's part that lives in PostgreSQL, installed by the first migration."""

FUNCTIONS = r"""
-- The one clock of the house: real time plus a test database's offset. Compare columns with (SELECT fenghuo_now()),
-- so that the planner sees one value and can use an index.
CREATE FUNCTION fenghuo_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT clock_timestamp() + coalesce((SELECT time_offset FROM journal_installation WHERE id = 1), interval '0')
$$;

-- Where the running transaction stands in commit order, and up to where everything is surely committed.
CREATE FUNCTION fenghuo_position() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (coalesce((SELECT epoch FROM journal_installation WHERE id = 1), 0)::bigint << 48)
        + (pg_current_xact_id()::text::bigint & ((1::bigint << 48) - 1))
$$;
CREATE FUNCTION fenghuo_horizon() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (coalesce((SELECT epoch FROM journal_installation WHERE id = 1), 0)::bigint << 48)
        + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint & ((1::bigint << 48) - 1))
$$;

-- The hash covers every field that is evidence, as one unambiguous JSON array in UTC.
CREATE FUNCTION journal_hash(
    previous bytea, seq bigint, kind text, subject text, reference text, actor text, payload jsonb,
    occurred_at timestamptz, recorded_at timestamptz, backfilled boolean, exercise bigint
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        encode(previous, 'hex'), seq, kind, subject, reference, actor, payload,
        to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        backfilled, exercise
    )::text, 'UTF8'))
$$;

-- Appends one entry to its subject's chain and returns its id. Locks the chain's head: call it last.
CREATE FUNCTION journal_append(
    p_kind text, p_subject text, p_reference text, p_actor text, p_payload jsonb,
    p_occurred_at timestamptz DEFAULT NULL, p_backfilled boolean DEFAULT false, p_exercise bigint DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head journal_head%ROWTYPE;
    moment timestamptz;
    happened timestamptz;
    digest bytea;
    entry_id bigint;
BEGIN
    INSERT INTO journal_head (subject, seq, hash) VALUES (p_subject, 0, ''::bytea) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM journal_head WHERE subject = p_subject FOR UPDATE;
    moment := fenghuo_now();
    happened := coalesce(p_occurred_at, moment);
    digest := journal_hash(head.hash, head.seq + 1, p_kind, p_subject, p_reference, p_actor, p_payload,
        happened, moment, p_backfilled, p_exercise);
    INSERT INTO journal_entry (position, recorded_at, occurred_at, backfilled, kind, subject, reference, actor,
        payload, exercise, seq, previous_hash, hash)
    VALUES (fenghuo_position(), moment, happened, p_backfilled, p_kind, p_subject, p_reference, p_actor,
        p_payload, p_exercise, head.seq + 1, head.hash, digest)
    RETURNING id INTO entry_id;
    UPDATE journal_head SET seq = head.seq + 1, hash = digest WHERE subject = p_subject;
    PERFORM pg_notify('fenghuo_topics', p_subject);
    IF p_reference <> '' THEN
        PERFORM pg_notify('fenghuo_topics', p_reference);
    END IF;
    RETURN entry_id;
END
$$;

CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_database() LIKE 'test\_%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'journal entries are evidence: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER journal_entry_is_evidence BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entry_is_not_truncated BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_head_is_not_deleted BEFORE DELETE ON journal_head
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_head_is_not_truncated BEFORE TRUNCATE ON journal_head
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();

ALTER TABLE journal_installation ADD CONSTRAINT only_tests_shift_time
    CHECK (time_offset = interval '0' OR current_database() LIKE 'test\_%');
INSERT INTO journal_installation (id, epoch, send_hold, time_offset) VALUES (1, 0, false, interval '0');
"""

DROP = """
DROP TRIGGER journal_entry_is_evidence ON journal_entry;
DROP TRIGGER journal_entry_is_not_truncated ON journal_entry;
DROP TRIGGER journal_head_is_not_deleted ON journal_head;
DROP TRIGGER journal_head_is_not_truncated ON journal_head;
DROP FUNCTION journal_append, journal_hash, journal_refuse, fenghuo_position, fenghuo_horizon, fenghuo_now;
"""
