"""The timeline fragment, which other rooms' pages include by URL."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journal import queries
from journal.kinds import describe, permission_for

PAGE = 60


@login_required
@require_GET
def timeline(request: Any, topic: str) -> HttpResponse:
    """What happened about `topic`, newest first; `?all=1` shows everything."""
    request.actor.require(permission_for(topic))
    entries = queries.timeline(topic)
    everything = request.GET.get("all") == "1"
    shown = list(entries if everything else entries[: PAGE + 1])
    more = not everything and len(shown) > PAGE
    return render(
        request,
        "journal/timeline.html",
        {"rows": describe(shown if everything else shown[:PAGE]), "topic": topic, "more": more},
    )
