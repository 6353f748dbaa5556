"""How satisfied customers were, matter by matter, and what they wrote: low marks first."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from customers.models import NoticeRun, Satisfaction, SurveyRound
from customers.operations import survey
from customers.queries import satisfaction
from journal import clock
from journal.kinds import names_in

SHOWN = 30


@needs(Permission.SERVE_CUSTOMERS)
@require_GET
def satisfaction_page(request: StaffRequest) -> HttpResponse:
    wanted = request.GET.get("reference", "")[:64]
    matters = list(
        NoticeRun.objects.filter(launched_at__isnull=False)
        .order_by()
        .values("reference")
        .annotate(last=Max("launched_at"))
        .order_by("-last")
        .values_list("reference", flat=True)[:SHOWN]
    )
    names = names_in(matters)
    rounds = {row.reference: row for row in SurveyRound.objects.filter(reference__in=matters)}
    replies = dict(
        Satisfaction.objects.filter(reference__in=matters)
        .order_by()
        .values_list("reference")
        .annotate(number=Count("id"))
    )
    rows: list[dict[str, Any]] = [
        {
            "reference": reference,
            "matter": names.get(reference, reference),
            "round": rounds.get(reference),
            "replies": replies.get(reference, 0),
            "csat": satisfaction.csat(reference) if reference in replies else None,
        }
        for reference in matters
    ]
    for row in rows:
        row["proposed"] = row["round"] is not None and row["round"].sent_at is None
        row["askable"] = survey.askable(row["reference"]) if row["proposed"] else 0
    rows.sort(key=lambda row: not row["proposed"])
    context = {
        "rows": rows,
        "next": next((row for row in rows if row["askable"]), None),
        "wanted": wanted,
        "comments": [
            {"row": row, "matter": names.get(row.reference, row.reference)} for row in satisfaction.comments(wanted)
        ],
        "may_send": request.actor.may(Permission.SEND_NOTICES),
        "now": clock.now(),
    }
    return render(request, "customers/satisfaction.html", context)


@needs(Permission.SEND_NOTICES)
@require_POST
def survey_send(request: StaffRequest, reference: str) -> HttpResponse:
    survey.send_survey(reference=reference, by=request.actor)
    return HttpResponseClientRedirect(reverse("satisfaction")) if request.htmx else redirect("satisfaction")
