"""Notices for the browser: who, what and send on one page that then shows the progress; and the room's panel."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zlib import crc32

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import StaffRequest, needs
from accounts.naming import in_a_row
from accounts.roles import Permission
from customers import operations, queries, texts
from customers.filters import read_filters
from customers.finish import finish_at, pace_of
from customers.models import NoticeRun, NoticeState, NoticeWave, SurveyRound
from customers.operations.drafts import approvals_needed, policy
from customers.preview import preview_of
from customers.refusals import NotTakenOver
from customers.texts import LANGUAGES, template_label
from customers.views.audience import filters_in
from customers.views.places import shared_places
from journal import clock
from journal.kinds import names_in
from journal.refusal import Refusal
from notifications.explaining import meaning
from notifications.queries import current_templates

PAGE = 30


class Words(forms.Form):
    """What an editor may change before launch."""

    cause = forms.CharField(label=gettext_lazy("Cause, in Chinese"), max_length=60, required=False)
    cause_en = forms.CharField(label=gettext_lazy("Cause, in English"), max_length=60, required=False)
    eta = forms.DateTimeField(
        label=gettext_lazy("New estimate"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


@login_required
@require_GET
def notice_list(request: StaffRequest) -> HttpResponse:
    """All notices, newest first."""
    request.actor.require(Permission.VIEW)
    page = Paginator(NoticeRun.objects.order_by("-id"), PAGE).get_page(request.GET.get("page"))
    labels = names_in([run.reference for run in page])
    rows = [
        {
            "run": run,
            "label": template_label(run.template),
            "matter": labels.get(run.reference, run.reference),
            "progress": queries.progress_of(run),
        }
        for run in page
    ]
    return render(request, "customers/list.html", {"rows": rows, "page": page})


@login_required
@require_GET
def notice(request: StaffRequest, pk: int) -> HttpResponse:
    """The notice's page; its body is fetched anew whenever something about it changes."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(NoticeRun, pk=pk)
    return render(request, "customers/notice.html", body_context(request, run))


@login_required
@require_GET
def notice_body(request: StaffRequest, pk: int) -> HttpResponse:
    request.actor.require(Permission.VIEW)
    return render(request, "customers/body.html", body_context(request, get_object_or_404(NoticeRun, pk=pk)))


def body_context(request: StaffRequest, run: NoticeRun, form: Words | None = None) -> dict[str, Any]:
    rules = policy()
    progress = queries.progress_of(run)
    drafting = run.state in {NoticeState.DRAFT, NoticeState.APPROVED}
    approvals = list(run.approvals.all())
    yes = {approval.actor for approval in approvals}
    needed = approvals_needed(run)
    people = names_in([*yes, run.prepared_by, run.launched_by])
    context: dict[str, Any] = {
        "run": run,
        "stamp": stamp(run),
        "label": template_label(run.template),
        "matter": names_in([run.reference]).get(run.reference, run.reference),
        "progress": progress,
        "drafting": drafting,
        "may_send": request.actor.may(Permission.SEND_NOTICES),
        "needed": needed,
        "given": len(approvals),
        "approvals": [{"who": people.get(row.actor, row.actor), "at": row.at} for row in approvals],
        "mine": str(request.actor) in yes,
        "ready": len(yes | {str(request.actor)}) >= needed or run.state == NoticeState.APPROVED,
        "limit": rules.second_approval_above,
        "launched_by": people.get(run.launched_by, run.launched_by),
        "failures": [(code, meaning(code or "lost"), number) for code, number in queries.failures(run)],
        "out_by": out_by(run) if progress.state == "launched" and progress.waiting else None,
        "waves": queries.waves_of(run) if run.launched_at else [],
        "first": run.follows,
        "followers": list(run.followers.all()),
    }
    if run.launched_at:
        context["places"] = shared_places(request, run)
    if run.launched_at and run.batch:
        failed = operations.retrying.failed_now(run)
        context["retriable"] = sum(number for _code, _channel, hopeless, number in failed if not hopeless)
        context["hopeless"] = sum(number for _code, _channel, hopeless, number in failed if hopeless)
        context["told"] = progress.sent + progress.ambiguous
        context["eta"] = timezone.localtime(run.eta)
    if drafting:
        context["form"] = form or Words(initial={"cause": run.cause, "cause_en": run.cause_en, "eta": run.eta})
        context["values"] = values = queries.values_of(run)
        context["unsaid"] = in_a_row(value.label for value in values if not value.fields[0][1])
        context["newer"] = queries.newest_set(run) if run.follows_id is None else None
        try:
            context["preview"] = preview_of(run, rules)
        except Refusal as refusal:
            context["problem"] = str(refusal)
    return context


@login_required
@require_POST
def prepare(request: StaffRequest, reference: str) -> HttpResponse:
    """Draft a notice for a matter and go to it."""
    run = operations.prepare_notice(
        reference=reference,
        template=request.POST.get("template", ""),
        by=request.actor,
        exercise=queries.exercise_of(reference),
    )
    if request.htmx:
        return HttpResponseClientRedirect(reverse("notice", args=[run.pk]))
    return redirect("notice", pk=run.pk)


@needs(Permission.SEND_NOTICES)
@require_POST
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the words, or take the newest affected orders over."""
    run = get_object_or_404(NoticeRun, pk=pk)
    if request.POST.get("refresh"):
        run = operations.edit_notice(notice_id=pk, by=request.actor, refresh=True)
        return render(request, "customers/body.html", body_context(request, run))
    if request.POST.get("filters"):
        run = operations.edit_notice(
            notice_id=pk,
            by=request.actor,
            filters=filters_in(request.POST),
            urgent=bool(request.POST.get("urgent")),
            by_zone=bool(request.POST.get("by_zone")),
        )
        return render(request, "customers/body.html", body_context(request, run))
    form = Words(request.POST)
    if not form.is_valid():
        return render(request, "customers/body.html", body_context(request, run, form))
    eta: datetime = form.cleaned_data["eta"]
    run = operations.edit_notice(
        notice_id=pk,
        by=request.actor,
        cause=form.cleaned_data["cause"],
        cause_en=form.cleaned_data["cause_en"],
        eta=eta if eta != run.eta.replace(second=0, microsecond=0) else None,
        values={
            name: [request.POST.get(f"value-{name}-{language}", "") for language in LANGUAGES]
            for name in texts.asked_of(current_templates(run.template))[0]
        },
    )
    return render(request, "customers/body.html", body_context(request, run))


def stamp(run: NoticeRun) -> str:
    """Another one whenever what the forms show was changed: then they are filled anew, else typing is kept."""
    shown = (run.cause, run.cause_en, run.eta, run.values, run.filters, run.urgent, run.by_zone, run.affected_set)
    return f"{crc32(repr(shown).encode()):x}"


def out_by(run: NoticeRun) -> datetime | None:
    """When what waits will be out under the gateways' limits; None where none is set."""
    if run.exercise is not None:
        return None
    moment = clock.now()
    ends = [finish_at(moment, 0, pace_of(channel, moment), urgent=run.urgent) for channel in run.by_channel]
    return max((at for at in ends if at), default=None)


def refuse_unsaved(run: NoticeRun, given: QueryDict) -> None:
    """Raises NotTakenOver: what was typed or ticked beside the button and not taken over would not be sent."""
    same = True
    if "cause" in given:
        form = Words(given)
        typed = form.cleaned_data if form.is_valid() else {}
        same = typed == {"cause": run.cause, "cause_en": run.cause_en, "eta": run.eta.replace(second=0, microsecond=0)}
        for value in queries.values_of(run):
            same = same and all(
                given.get(f"value-{value.name}-{code}", "").strip() == text for code, text in value.fields
            )
    if "filters" in given:
        ways = (bool(given.get("urgent")), bool(given.get("by_zone")))
        chosen = read_filters(filters_in(given)).to_json()
        same = same and ways == (run.urgent, run.by_zone) and in_order(chosen) == in_order(run.filters)
    if not same:
        raise NotTakenOver(
            _("What stands in the form is not yet in the notice: update the preview or use the selection, and look.")
        )


def in_order(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in filters.items()}


@needs(Permission.SEND_NOTICES)
@require_POST
def take_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """approve, launch, pause, resume, cancel or retry."""
    if step not in operations.STEPS:
        raise Http404
    row = get_object_or_404(NoticeRun, pk=pk)
    if step in {"approve", "launch"}:
        refuse_unsaved(row, request.POST)
    run = operations.STEPS[step](notice_id=pk, by=request.actor)
    return render(request, "customers/body.html", body_context(request, run))


@needs(Permission.SEND_NOTICES)
@require_POST
def release(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Send to the next province."""
    if not NoticeWave.objects.filter(notice=pk, number=number).exists():
        raise Http404
    run = operations.release_wave(notice_id=pk, number=number, by=request.actor)
    return render(request, "customers/body.html", body_context(request, run))


@needs(Permission.SEND_NOTICES)
@require_POST
def correct(request: StaffRequest, pk: int) -> HttpResponse:
    """Draft the correction of a notice and go to it."""
    get_object_or_404(NoticeRun, pk=pk)
    return go_to(operations.correct_notice(notice_id=pk, by=request.actor))


@needs(Permission.SEND_NOTICES)
@require_POST
def follow_up(request: StaffRequest, pk: int) -> HttpResponse:
    """Draft the follow-up with a newer estimate and go to it."""
    run = get_object_or_404(NoticeRun, pk=pk)
    form = Words(request.POST)
    if not form.is_valid():
        raise operations.BadWords(_("Say when the goods are expected now."))
    return go_to(operations.follow_up_notice(notice_id=run.pk, by=request.actor, eta=form.cleaned_data["eta"]))


def go_to(run: NoticeRun) -> HttpResponse:
    return HttpResponseClientRedirect(reverse("notice", args=[run.pk]))


@login_required
@require_GET
def panel(request: StaffRequest, reference: str) -> HttpResponse:
    """The notices of a matter, and the one thing to do next about them."""
    request.actor.require(Permission.VIEW)
    runs = queries.notices(reference)
    rows: list[dict[str, Any]] = [
        {"run": run, "label": template_label(run.template), "progress": queries.progress_of(run)} for run in runs
    ]
    used = {run.template for run in runs if run.state in operations.OPEN}
    return render(
        request,
        "customers/panel.html",
        {
            "rows": rows,
            "reference": reference,
            "frozen": queries.has_affected(reference),
            "templates": [row for row in queries.sendable_templates() if row[0] not in used],
            "may_send": request.actor.may(Permission.SEND_NOTICES),
            "survey": SurveyRound.objects.filter(reference=reference, sent_at=None).exists(),
            "next_draft": next((run for run in runs if run.state in {"draft", "approved"}), None),
        },
    )
