"""The timeline fragment, which other rooms' pages include by URL, and the journal's own page for auditors."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from journal import queries
from journal.kinds import describe, permission_for

PAGE = 60
NEWEST = 2**63 - 1


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


@login_required
@require_GET
def journal_page(request: Any) -> HttpResponse:
    """Everything that happened, newest first, by subject or reference, kind and actor."""
    request.actor.require("audit")
    wanted = {name: request.GET.get(name, "").strip()[:64] for name in ("topic", "kind", "actor")}
    before = request.GET.get("before", "")
    start = min(int(before), NEWEST) if before.isascii() and before.isdigit() else NEWEST
    shown = list(queries.entries(**wanted).filter(id__lt=start)[: PAGE + 1])
    context = {
        "rows": [{**row, "hash": bytes(row["entry"].hash).hex()[:12]} for row in describe(shown[:PAGE])],
        "wanted": wanted,
        "older": shown[PAGE - 1].id if len(shown) > PAGE else None,
        "paged": start != NEWEST,
    }
    return render(request, "journal/journal.html", context)


@login_required
@require_POST
def verify(request: Any) -> HttpResponse:
    """Recompute every chain and say whether all hold; changes nothing, but reads much, so it takes a POST."""
    request.actor.require("audit")
    faults = queries.verify()
    heads = queries.heads()
    figures = {"chains": len(heads), "entries": sum(seq for seq, _digest in heads.values())}
    return render(request, "journal/verified.html", {"faults": faults, **figures})
