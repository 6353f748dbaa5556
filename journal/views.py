"""What serves the panels of every room: the timeline, which pages include by URL, several panels in one answer, and
the journal's own page for auditors."""

from __future__ import annotations

import copy
import functools
from typing import Any

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.handlers.exception import response_for_exception
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve
from django.views.decorators.http import require_GET, require_POST

from journal import queries
from journal.kinds import describe, permission_for
from journal.numbers import whole
from journal.refusal import Refusal

PAGE = 60
MOST_PANELS = 12
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
    before = whole(request.GET.get("before", ""))
    start = NEWEST if before is None else before
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


@login_required
@require_GET
def panels(request: Any) -> HttpResponse:
    """Several fragments in one answer: `of` is the address of each, `have` the ETag that the browser holds of it.

    Answers [{"status": 200, "etag": …, "html": …}, …] in the order asked; 304 comes without `html`, and 400 for what
    has to be fetched by itself.
    """
    request.topic_versions = {}  # each part asks, all in one moment
    addresses, etags = request.GET.getlist("of"), request.GET.getlist("have")
    pairs = list(zip(addresses, etags, strict=False))[:MOST_PANELS]
    body = msgspec.json.encode([panel(request, *pair) for pair in pairs])
    response = HttpResponse(body, content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    return response


@functools.lru_cache(maxsize=4_096)
def found_at(path: str) -> ResolverMatch:
    """The view behind an address: browsers ask for the same ones again and again."""
    return resolve(path)


def panel(request: Any, address: str, etag: str) -> dict[str, Any]:
    """One fragment, as if it had been asked for by itself: with its own checks of who may see it."""
    path, _, query = address.partition("?")
    try:
        found = found_at(path)
    except Resolver404:
        return {"status": 404}
    if not getattr(found.func, "is_fragment", False):
        return {"status": 400}
    part = copy.copy(request)
    part.path = part.path_info = path
    part.META = {**request.META, "QUERY_STRING": query, "HTTP_IF_NONE_MATCH": etag}
    part.GET, part.resolver_match = QueryDict(query), found
    try:
        response = found.func(part, *found.args, **found.kwargs)
    except PermissionError:
        return {"status": 403}
    except Refusal as refusal:
        return {"status": refusal.status}
    except Exception as error:  # noqa: BLE001  (logged there; one broken panel must not take the others along)
        return {"status": response_for_exception(part, error).status_code}
    if response.status_code != 200 or "html" not in response.get("Content-Type", ""):
        return {"status": response.status_code if response.status_code != 200 else 400}
    return {"status": 200, "etag": response.get("ETag", ""), "html": response.content.decode()}
