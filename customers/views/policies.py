"""The compensation policy: read, edited as a whole, and put in force by a second person."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from customers.models import CompensationPolicy, PolicyState
from customers.operations import policies
from customers.operations.compensation import require_say
from customers.policy import CLOCKS, REACHES
from customers.refusals import BadPolicy, ChangedMeanwhile, ReasonMissing
from journal.kinds import actor_name, names_in
from journal.numbers import whole

BAND = ("code", "name", "name_en", "clock", "over", "reach", "regions", "rate", "minimum", "maximum")
TIER = ("code", "name", "name_en", "factor")
BLANK_BAND = dict.fromkeys(BAND, "") | {"clock": "promise", "reach": "any", "rate": "0", "regions": []}
VERSIONS = 20


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def policy_page(request: StaffRequest) -> HttpResponse:
    """The newest version to edit, what is in force, and the history."""
    if request.method != "POST":
        return render(request, "customers/policy.html", context_of(request))
    content, errors, refusal, code = typed(request), {}, "", 422
    number = request.POST.get("expected", "")
    try:
        policies.write_policy(
            content=content,
            note=request.POST.get("note", ""),
            by=request.actor,
            expected_number=whole(number, digits=9),
        )
    except BadPolicy as refused:
        errors, refusal = refused.extra["errors"], str(refused)
    except (ReasonMissing, ChangedMeanwhile) as refused:
        refusal, code = str(refused), refused.status
    else:
        return redirect("policy")
    shown = editor(content=content, errors=errors, refusal=refusal, note=request.POST.get("note", ""))
    return render(request, "customers/policy.html", context_of(request) | shown, status=code)


def typed(request: StaffRequest) -> dict[str, Any]:
    """What the form holds, as the operation takes it; a row whose fields are all blank is left out."""
    given = request.POST

    def rows(part: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        found = []
        for number in range(60):
            row = {name: given.get(f"{part}.{number}.{name}", "").strip() for name in names}
            if row["code"] or row["name"]:
                found.append(row)
        return found

    bands = rows("bands", BAND)
    for band in bands:
        band["regions"] = [code for code in re.split(r"[\s,，、]+", band["regions"]) if code]
    single = {name: given.get(name, "") for name in ("order_limit", "batch_limit", "pay_days")}
    return {"bands": bands, "tiers": rows("tiers", TIER), **single}


def context_of(request: StaffRequest) -> dict[str, Any]:
    versions = list(CompensationPolicy.objects.all()[:VERSIONS])
    force = next((row for row in versions if row.state == PolicyState.IN_FORCE), None)
    draft = next((row for row in versions if row.state == PolicyState.DRAFT), None)
    base = draft or force
    people = names_in([row.written_by for row in versions] + [row.approved_by for row in versions])
    actor = request.actor
    return {
        "versions": [
            {
                "row": row,
                "writer": actor_name(row.written_by, people),
                "approver": row.approved_by and actor_name(row.approved_by, people),
            }
            for row in versions
        ],
        "force": force,
        "draft": draft,
        "changes": changes(force, draft),
        "newest": versions[0].number if versions else 0,
        "may_write": actor.may(Permission.SERVE_CUSTOMERS),
        "may_approve": actor.may(Permission.APPROVE_COMPENSATION),
        "mine": draft is not None and draft.written_by == str(actor),
        "clocks": CLOCKS,
        "reaches": REACHES,
        **editor(content=base.content if base else {"bands": [], "tiers": []}),
    }


def editor(
    *, content: dict[str, Any], errors: dict[str, str] | None = None, refusal: str = "", note: str = ""
) -> dict[str, Any]:
    """The rows of the form with what is wrong in each, and a blank one of each kind."""
    wrong = errors or {}

    def rows(part: str, blank: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        for number, row in enumerate([*content[part], blank]):
            mistakes = {
                place.rsplit(".", 1)[1]: text for place, text in wrong.items() if place.startswith(f"{part}.{number}.")
            }
            label = in_language(row["name"], row["name_en"])
            found.append({"number": number, "row": row, "label": label, "errors": mistakes, "blank": row is blank})
        return found

    return {
        "content": content,
        "bands": rows("bands", BLANK_BAND),
        "tiers": rows("tiers", dict.fromkeys(TIER, "")),
        "errors": wrong,
        "refusal": refusal,
        "note": note,
    }


def changes(force: CompensationPolicy | None, draft: CompensationPolicy | None) -> list[tuple[str, str, str]]:
    """(where, before, after) of every figure that a draft changes."""
    if force is None or draft is None:
        return []
    before, after = flat(force.content), flat(draft.content)
    places = dict.fromkeys([*before, *after])
    return [
        (place, before.get(place, "—"), after.get(place, "—"))
        for place in places
        if before.get(place) != after.get(place)
    ]


def flat(content: dict[str, Any]) -> dict[str, str]:
    found = {name: str(content[name]) for name in ("order_limit", "batch_limit", "pay_days")}
    for part in ("bands", "tiers"):
        for row in content[part]:
            for name, value in row.items():
                if name != "code":
                    text = ", ".join(value) if isinstance(value, list) else str(value)
                    found[f"{row['code']} · {name}"] = text
    return found


@needs(Permission.VIEW)
@require_POST
def policy_step(request: StaffRequest, number: int, step: str) -> HttpResponse:
    """approve or discard a draft."""
    if step not in policies.STEPS:
        raise Http404
    require_say(request.actor)
    get_object_or_404(CompensationPolicy, number=number)
    policies.STEPS[step](number=number, by=request.actor)
    return redirect("policy")
