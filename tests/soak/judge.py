"""The judge of notices: compares the provider's ledger with the database, by SQL of its own. It imports nothing of the
house, and counts from the addresses, which are all different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAMED = ["sent", "delivered", "failed", "ambiguous", "cancelled"]
LEDGER = "CREATE TEMPORARY TABLE ledger (channel text, address text, call text)"
# How often each message was taken.
TAKEN = """
CREATE TEMPORARY VIEW taken AS
SELECT m.id, m.channel, m.state, m.code, m.sent_at, count(l.address) AS times
FROM notifications_message m LEFT JOIN ledger l ON l.channel = m.channel AND l.address = m.destination
GROUP BY m.id
"""
WRONG = {
    "taken more than once": "SELECT count(*) FROM taken WHERE times > 1",
    "sent without having been taken": """
SELECT count(*) FROM taken WHERE times = 0 AND (state IN ('sent', 'delivered') OR sent_at IS NOT NULL)
""",
    "taken and told otherwise": """
SELECT count(*) FROM taken WHERE times > 0 AND state NOT IN ('sent', 'delivered', 'ambiguous')
    AND NOT (state = 'failed' AND code = 'MOBILE_NOT_ON_SERVICE')
""",
    "taken, could be asked, and unclear": """
SELECT count(*) FROM taken WHERE times > 0 AND state = 'ambiguous' AND channel = 'sms'
""",
    "in no named state": f"SELECT count(*) FROM taken WHERE state NOT IN ({', '.join(map(repr, NAMED))})",
    "taken for nobody": """
SELECT count(*) FROM ledger l WHERE NOT EXISTS (
    SELECT FROM notifications_message m WHERE m.destination = l.address AND m.channel = l.channel)
""",
    "taken in a call that was not written first": """
SELECT count(*) FROM ledger l JOIN notifications_message m ON m.destination = l.address AND m.channel = l.channel
WHERE NOT EXISTS (SELECT FROM notifications_attempt a WHERE a.message_ids @> ARRAY[m.id]
    AND (a.key = l.call OR l.channel <> 'sms'))
""",
    "calls without an end": "SELECT count(*) FROM notifications_attempt WHERE outcome = 'open'",
    "counters that differ from their messages": """
SELECT count(*) FROM notifications_chunk c JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'delivered') AS delivered,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
    FROM notifications_message m
    WHERE m.id BETWEEN c.first AND c.last AND m.template_id = c.template_id AND m.batch_id = c.batch_id
) m ON true WHERE (c.sent, c.delivered, c.failed, c.ambiguous) <> (m.sent, m.delivered, m.failed, m.ambiguous)
""",
    "batches told as finished not once": """
SELECT count(*) FROM notifications_batch b WHERE 1 <> (
    SELECT count(*) FROM journal_entry e WHERE e.kind = 'notice.batch_finished' AND e.subject = 'batch:' || b.id)
""",
}


def read(cursor: Any, ledger: Path) -> int:
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    columns = [[row[name] for row in rows] for name in ("channel", "number", "out_id")]
    cursor.execute("DROP TABLE IF EXISTS ledger CASCADE")
    cursor.execute(LEDGER)
    cursor.execute("INSERT INTO ledger SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])", columns)
    cursor.execute("CREATE INDEX ON ledger (channel, address)")
    cursor.execute("CREATE INDEX IF NOT EXISTS calls_by_message ON notifications_attempt USING gin (message_ids)")
    cursor.execute("ANALYZE ledger")
    cursor.execute(TAKEN)
    return len(rows)


def judge(cursor: Any, ledger: Path) -> dict[str, int]:
    """What is wrong, by name."""
    read(cursor, ledger)
    found = {}
    for name, sql in WRONG.items():
        cursor.execute(sql)
        found[name] = int(cursor.fetchone()[0])
    return found


def figures(cursor: Any, ledger: Path) -> dict[str, Any]:
    """How the messages ended, and how much the provider took; after `judge`."""
    cursor.execute("SELECT channel, state, count(*) FROM taken GROUP BY 1, 2 ORDER BY 1, 2")
    ends = {f"{channel} {state}": number for channel, state, number in cursor.fetchall()}
    cursor.execute("SELECT outcome, count(*) FROM notifications_attempt GROUP BY 1 ORDER BY 1")
    calls = dict(cursor.fetchall())
    taken = len(ledger.read_text(encoding="utf-8").splitlines())
    return {"messages": sum(ends.values()), "taken": taken, "ends": ends, "calls": calls}
