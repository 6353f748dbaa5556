"""What the order system says about assignments it pulled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Assignment
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid

MOST_ANSWERS = 10_000


class UnknownAssignment(Invalid):
    """An answer names an assignment that the feed never showed, or lacks the reason of a refusal."""


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
"""


@transaction.atomic
def answer_assignments(*, answers: Sequence[Answer], by: Actor) -> int:
    """Keep the order system's answers; return how many were new. Of several about one assignment the last counts,
    and a repeated answer changes nothing.

    Journals dispatch.assignments_answered with counts when anything was new. Raises UnknownAssignment, NotAllowed.
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
    rows = [given[assignment] for assignment in sorted(given)]
    with connection.cursor() as cursor:
        cursor.execute(
            ANSWER,
            {
                "now": clock.now(),
                "by": str(by),
                "assignments": [row.assignment for row in rows],
                "accepted": [row.accepted for row in rows],
                "reasons": [row.reason.strip()[:200] for row in rows],
            },
        )
        changed = cursor.rowcount
    if changed:
        refused = sum(not row.accepted for row in rows)
        journal.write(
            kind="dispatch.assignments_answered",
            subject=f"intake:{by}",
            reference="orders",
            by=by,
            payload={"answered": len(rows), "refused": refused},
        )
    return changed
