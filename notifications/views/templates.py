"""One template: as it arrives, its versions, and what the providers say of its words."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from journal.kinds import actor_name, names_in
from journal.refusal import Refusal
from notifications import gateways, operations
from notifications.defaults import STAFF
from notifications.examples import examples
from notifications.matrix import Known
from notifications.models import Review, Template
from notifications.rendering import DRILL_PREFIX, render_line
from notifications.rendering import render as fill
from notifications.standing import tells
from notifications.variables import variables_of

FACTS, SHOWN = ("code", "drill_code", "state", "drill_state", "reason", "fields"), "shown_"
SEGMENT, LONG_SEGMENT = 70, 67  # characters of a short message, and of each part of a long one (Aliyun)


@login_required
@require_GET
def template(request: StaffRequest, pk: int) -> HttpResponse:
    """One version as a recipient would see it, its history, and the steps one may take."""
    request.actor.require(Permission.VIEW)
    return show(request, get_object_or_404(Template, pk=pk))


def show(request: StaffRequest, shown: Template, refusal: Refusal | None = None) -> HttpResponse:
    """A version's page; what was typed stands in the form again when it was refused."""
    values = examples(shown)
    body = fill(shown.body, shown.variables, values)
    versions = Template.objects.filter(code=shown.code, channel=shown.channel, language=shown.language)
    account = gateways.default_account("sms")
    sign = account.sign_name if account else ""
    length = len(f"【{sign}】{body}") if shown.channel == "sms" else len(body)
    context = {
        "template": shown,
        "subject": render_line(shown.subject, shown.variables, values),
        "body": body,
        "drill": DRILL_PREFIX + body,
        "length": length,
        "segments": 1 if length <= SEGMENT else -(-length // LONG_SEGMENT),
        "versions": versions.order_by("-version"),
        "siblings": Template.objects.filter(code=shown.code, state="approved").exclude(pk=shown.pk),
        "variables": variables_of(shown),
        "samples": json.dumps(values),
        "prefixes": [(f"【{sign}】", _("In earnest")), (f"【{sign}】{DRILL_PREFIX}", _("Drill"))],
        "own": shown.created_by == str(request.actor),
        "customers": shown.code not in STAFF,
        "problem": refusal,
        "typed": request.POST if refusal else {"subject": shown.subject, "body": shown.body},
        **standing_of(shown),
    }
    return render(request, "notifications/template.html", context, status=refusal.status if refusal else 200)


def standing_of(shown: Template) -> dict[str, Any]:
    """What its providers have said of a version, and which version is sent while they have not approved this one."""
    approved = Template.objects.filter(
        code=shown.code, channel=shown.channel, language=shown.language, state="approved"
    ).order_by("version")
    known = Known([*approved, shown])
    cell = known.cell(list(approved), shown.channel, shown.language)
    opinions = known.opinions(shown)
    people = names_in([one.registration.decided_by for one in opinions if one.registration])
    return {
        "opinions": [
            {
                "kind": one.kind,
                "row": one.registration,
                "names": " ".join(one.registration.fields) if one.registration else "",
                "named": shown.channel == "wechat",
                "asks": tells(one.kind),
                "who": actor_name(one.registration.decided_by, people)
                if one.registration and one.registration.decided_by
                else "",
            }
            for one in opinions
        ],
        "reviews": Review.choices,
        "unheard": bool(opinions) and shown.pk not in known.able,
        "instead": cell.template if cell.sent and cell.template and cell.template.pk != shown.pk else None,
    }


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def template_write(request: StaffRequest, pk: int) -> HttpResponse:
    """A new version with the same variables, as a draft."""
    old = get_object_or_404(Template, pk=pk)
    try:
        new = operations.add_version(
            code=old.code,
            channel=old.channel,
            language=old.language,
            subject=request.POST.get("subject", "").strip(),
            body=request.POST.get("body", "").strip(),
            variables=old.variables,
            by=request.actor,
        )
    except Refusal as refusal:
        return show(request, old, refusal)
    return redirect("template", pk=new.pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def template_approve(request: StaffRequest, pk: int) -> HttpResponse:
    operations.approve_template(template_id=get_object_or_404(Template, pk=pk).pk, by=request.actor)
    return redirect("template", pk=pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def template_retire(request: StaffRequest, pk: int) -> HttpResponse:
    operations.retire_template(template_id=get_object_or_404(Template, pk=pk).pk, by=request.actor)
    return redirect("template", pk=pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def template_register(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """By which id a provider knows this version, and what it said of it."""
    row = get_object_or_404(Template, pk=pk)
    if facts := entered(request.POST):
        operations.register_template(template_id=row.pk, kind=kind, by=request.actor, **facts)
    return redirect("template", pk=pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def template_ask(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """Ask the provider what it said of this version; the answer comes by itself."""
    row = get_object_or_404(Template, pk=pk)
    operations.ask_providers(kind=kind, template_id=row.pk, by=request.actor)
    return redirect("template", pk=pk)


def typed(form: QueryDict, suffix: str = "", before: str = "") -> dict[str, str]:
    """A registration as a form holds it; with a `suffix`, that row's of a table; as it was when the form was opened
    with `before` "shown_"."""
    return {name: form.get(f"{before}{name}{suffix}", "").strip() for name in FACTS}


def entered(form: QueryDict, suffix: str = "") -> dict[str, Any] | None:
    """What somebody changed of a registration, for register_template; None where they changed nothing. What stands as
    the form showed it is left out: a verdict says nothing about a new id, and the provider may have answered
    meanwhile."""
    facts, shown = typed(form, suffix), typed(form, suffix, SHOWN)
    if facts == shown:
        return None
    changed = {name: value for name, value in facts.items() if value != shown[name]}
    ids = {name: facts[name] for name in ("code", "drill_code")}
    seen = (shown["code"], shown["drill_code"]) if f"{SHOWN}code{suffix}" in form else None
    fields = changed["fields"].split() if "fields" in changed else None
    return {**changed, **ids, "fields": fields, "seen": seen}
