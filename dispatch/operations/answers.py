"""What the order system says about assignments it pulled; what it refuses goes back and enters the next run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Assignment, AssignmentAnswer, RerouteRun
from dispatch.operations.held_stock import return_refused
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal

MOST_ANSWERS = 10_000


class UnknownAssignment(Invalid):
    """An answer names an assignment that the feed never showed, or lacks the reason of a refusal."""


class RefusedBefore(Refusal):
    """An assignment that was refused cannot be accepted any more: its order is back where it was, or went elsewhere."""


@dataclass(frozen=True)
class Answer:
    """The order system accepts or refuses one assignment; a refusal says why."""

    assignment: int
    accepted: bool
    reason: str = ""


ANSWER = """
INSERT INTO dispatch_assignmentanswer AS known (assignment_id, accepted, reason, answered_at, answered_by)
SELECT assignment, accepted, reason, %(now)s, %(by)s
FROM unnest(%(assignments)s::bigint[], %(accepted)s::boolean[], %(reasons)s::varchar[])
    AS given(assignment, accepted, reason)
ON CONFLICT (assignment_id) DO UPDATE SET accepted = excluded.accepted, reason = excluded.reason,
    answered_at = excluded.answered_at, answered_by = excluded.answered_by
WHERE (known.accepted, known.reason) IS DISTINCT FROM (excluded.accepted, excluded.reason)
RETURNING assignment_id, accepted, old.accepted
"""
COUNT = """
INSERT INTO dispatch_answercount AS known (run_id, accepted, refused, answered_at)
SELECT s.run_id, count(*) FILTER (WHERE g.accepted), count(*) FILTER (WHERE NOT g.accepted), %(now)s
FROM unnest(%(assignments)s::bigint[], %(accepted)s::boolean[]) AS g(id, accepted)
JOIN dispatch_assignment s ON s.id = g.id GROUP BY s.run_id ORDER BY s.run_id
ON CONFLICT (run_id) DO UPDATE SET accepted = known.accepted + excluded.accepted,
    refused = known.refused + excluded.refused, answered_at = excluded.answered_at
"""
# An acceptance that became a refusal was counted among the accepted.
UNCOUNT = """
UPDATE dispatch_answercount known SET accepted = known.accepted - taken.back
FROM (
    SELECT s.run_id, count(*) AS back FROM dispatch_assignment s WHERE s.id = ANY(%(taken_back)s) GROUP BY s.run_id
) taken WHERE known.run_id = taken.run_id
"""
# In the sequence in which the intake and the waves lock orders.
LOCK = """
SELECT count(*) FROM (
    SELECT o.id FROM dispatch_assignment s JOIN dispatch_order o ON o.id = s.order_id
    WHERE s.id = ANY(%(refused)s) ORDER BY o.external_id FOR NO KEY UPDATE OF o
) locked
"""
# Where each order stood before it was assigned: in the frozen set, or, when a rollback is refused, where the run had
# sent it.
PUT_BACK = """
WITH refused AS MATERIALIZED (
    SELECT s.id AS assignment_id, s.run_id, s.order_id, s.order_version, s.lane_id, s.warehouse_id, n.reason,
        CASE WHEN s.kind = 'rollback' THEN sent.warehouse_id ELSE a.warehouse_id END AS old_warehouse_id,
        CASE WHEN s.kind = 'rollback' THEN sent.lane_id ELSE a.lane_id END AS old_lane_id,
        CASE WHEN s.kind = 'rollback' THEN sent.carrier_id ELSE a.carrier_id END AS old_carrier_id,
        o.state = 'open' AND o.version = s.order_version AND o.warehouse_id IS NOT DISTINCT FROM s.warehouse_id
            AND o.lane_id IS NOT DISTINCT FROM s.lane_id AND (s.kind <> 'rollback' OR sent.order_id IS NOT NULL)
            AS unchanged
    FROM dispatch_assignment s
    JOIN dispatch_assignmentanswer n ON n.assignment_id = s.id
    JOIN dispatch_order o ON o.id = s.order_id
    JOIN dispatch_rerouterun r ON r.id = s.run_id
    JOIN dispatch_affectedorder a ON a.affected_set_id = r.affected_set_id AND a.order_id = s.order_id
    LEFT JOIN LATERAL (
        SELECT p.order_id, p.warehouse_id, p.lane_id, p.carrier_id FROM dispatch_assignment p
        WHERE p.order_id = s.order_id AND p.run_id = s.run_id AND p.kind <> 'rollback' AND p.id < s.id
        ORDER BY p.id DESC LIMIT 1
    ) sent ON s.kind = 'rollback'
    WHERE s.id = ANY(%(refused)s)
),
moved AS (
    UPDATE dispatch_order o SET warehouse_id = f.old_warehouse_id, lane_id = f.old_lane_id,
        carrier_id = f.old_carrier_id, planned_on = NULL, updated_at = %(now)s
    FROM refused f WHERE f.unchanged AND o.id = f.order_id
),
kept AS (
    INSERT INTO dispatch_refusedlane (order_id, order_version, lane_id, warehouse_id, assignment_id, run_id, reason,
        restored, refused_at)
    SELECT order_id, order_version, lane_id, warehouse_id, assignment_id, run_id, reason, unchanged, %(now)s
    FROM refused ORDER BY assignment_id
    ON CONFLICT (assignment_id) DO UPDATE SET reason = excluded.reason
    RETURNING run_id, restored AND xmax = 0 AS restored -- a changed reason restores nothing
)
SELECT run_id, count(*) FILTER (WHERE restored) FROM kept GROUP BY run_id ORDER BY run_id
"""


@transaction.atomic
def answer_assignments(*, answers: Sequence[Answer], by: Actor) -> int:
    """Keep the order system's answers; return how many were new. Of several about one assignment the last counts,
    and a repeated answer changes nothing. An order whose assignment is refused goes back to where it was, if it is
    still as it was assigned, so that the next frozen set has it again; the way it was refused is in RefusedLane and
    not proposed again. A refusal is final, an acceptance may still be taken back.

    Journals dispatch.assignments_answered with counts and runs when anything was new. Raises UnknownAssignment,
    RefusedBefore, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    given = {answer.assignment: answer for answer in answers}
    if len(answers) > MOST_ANSWERS:
        raise UnknownAssignment(_("At most %(most)s answers at once.") % {"most": MOST_ANSWERS})
    for answer in given.values():
        if not answer.accepted and not answer.reason.strip():
            raise UnknownAssignment(_("A refused assignment needs a reason."), assignment=answer.assignment)
    known = set(Assignment.objects.filter(pk__in=given, exercise=None).values_list("pk", flat=True))
    if unknown := sorted(set(given) - known):
        raise UnknownAssignment(
            _("There is no assignment %(assignment)s.") % {"assignment": unknown[0]}, unknown=unknown[:100]
        )
    refuse_second_thoughts(answer.assignment for answer in given.values() if answer.accepted)
    rows = [given[assignment] for assignment in sorted(given)]
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            ANSWER,
            {
                "now": now,
                "by": str(by),
                "assignments": [row.assignment for row in rows],
                "accepted": [row.accepted for row in rows],
                "reasons": [row.reason.strip()[:200] for row in rows],
            },
        )
        changed = cursor.fetchall()
    if not changed:
        return 0
    # A changed reason is no new refusal.
    fresh = [(assignment, accepted) for assignment, accepted, before in changed if accepted is not before]
    refused = sorted(assignment for assignment, accepted, _before in changed if not accepted)
    runs = put_back(refused, now) if refused else {}
    for run in RerouteRun.objects.filter(pk__in=runs):
        return_refused(run, [assignment for assignment, accepted in fresh if not accepted])
    count_answers(fresh, [assignment for assignment, accepted, before in changed if before and not accepted], now)
    journal.write(
        kind="dispatch.assignments_answered",
        subject=f"intake:{by}",
        reference="orders",
        by=by,
        payload={"answered": len(rows), "refused": len(refused), "restored": sum(runs.values()), "runs": list(runs)},
    )
    if runs:
        found = RerouteRun.objects.filter(pk__in=runs).values_list("pk", "reference")
        journal.touch(*sorted({topic for pk, reference in found for topic in (f"reroute:{pk}", reference)}))
    return len(changed)


def count_answers(fresh: list[tuple[int, bool]], taken_back: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            {
                "assignments": [assignment for assignment, _accepted in fresh],
                "accepted": [accepted for _assignment, accepted in fresh],
                "now": now,
            },
        )
        if taken_back:
            cursor.execute(UNCOUNT, {"taken_back": taken_back})


def refuse_second_thoughts(accepted: Iterable[int]) -> None:
    known = AssignmentAnswer.objects.filter(assignment__in=list(accepted), accepted=False)
    if refused := sorted(known.values_list("pk", flat=True)):
        raise RefusedBefore(
            _("Assignment %(assignment)s was refused before; wait for the next run.") % {"assignment": refused[0]},
            refused=refused[:100],
        )


def put_back(refused: list[int], now: datetime) -> dict[int, int]:
    """Orders of these assignments that are unchanged go back to where they stood, and no run proposes the same way
    for the same version again. Returns how many went back by run."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"refused": refused})
        cursor.execute(PUT_BACK, {"refused": refused, "now": now})
        return dict(cursor.fetchall())
