"""Whether a measure of the system still waits for people, read from the rooms below.

A measure's own figures follow its job, which runs a moment after somebody approved. The page of the person who did
must not ask again meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from incidents.models import Measure

WAITS = ("reroute_approval", "notice_approval")


def drop_answered(measures: Iterable[Measure]) -> None:
    """Blank `waits_for`, in memory only, of measures whose reroute or notice was decided already."""
    from customers.models import NoticeRun, NoticeState
    from dispatch.models import RerouteRun, WaveState
    from dispatch.models.reroute import RunState

    waiting = [measure for measure in measures if measure.progress.get("waits_for") in WAITS]
    if not waiting:
        return
    runs = {measure.progress.get("run") for measure in waiting}
    notices = {measure.progress.get("notice") for measure in waiting}
    undecided = Q(state=RunState.PROPOSED) | Q(waves__state=WaveState.HELD)
    proposed = RerouteRun.objects.filter(undecided, pk__in=runs - {None})
    drafts = NoticeRun.objects.filter(pk__in=notices - {None}, state=NoticeState.DRAFT)
    open_runs, open_notices = set(proposed.values_list("pk", flat=True)), set(drafts.values_list("pk", flat=True))
    for measure in waiting:
        reroute = measure.progress["waits_for"] == "reroute_approval"
        still = measure.progress.get("run") in open_runs if reroute else measure.progress.get("notice") in open_notices
        if not still:
            measure.progress = {**measure.progress, "waits_for": ""}
