"""Steps that people take in the room: on the incident, on a measure, in the log."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import done
from dispatch.queries import StillOpen, open_closures, still_open
from incidents import operations
from incidents.forms import CloseForm, LevelForm, NoteForm, ReasonForm, RespondForm, ReviewForm
from incidents.models import TOLD_KINDS, CommandPost, Incident, Level, Measure, MeasureKind
from incidents.queries import level_names, pages
from incidents.views import life, previews
from incidents.views.answers import LOOK_AGAIN, Act, Maker, Sheet, by_form, chosen, data_of, filled_in, levels_for, seen

AROUND: dict[str, Maker] = {
    "verify": life.verify,
    "warn": life.warn,
    "revert_start": life.revert_start,
    "suspend": life.suspend,
    "resume": life.resume,
    "reopen": life.reopen,
    "merge": life.merge,
    "set_parent": life.set_parent,
}


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def incident_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """GET: the question with its consequences. POST: the step itself, guarded by the version that was looked at."""
    incident = get_object_or_404(Incident, pk=pk)
    makers: dict[str, Maker] = {
        "grade": grade,
        "respond": respond,
        "raise": change_level,
        "lower": change_level,
        "estimate": life.estimate,
        "confirm": confirm,
        "confirm_ready": confirm_ready,
        "recover": recover,
        "close": close,
        "review": review,
        "dismiss": dismiss,
        **AROUND,
    }
    if action not in makers:
        raise Http404
    sheet, act = makers[action](incident, request, action)
    sheet.version = incident.version
    return sheet.answer(request, act)


def grade(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    lines = [
        _("The severity matrix is applied to what was reported and to what the network shows now"),
        _("The response keeps its level; a more severe one is proposed when the figures ask for it")
        if incident.under_way
        else _("Nobody is called yet"),
    ]
    sheet = Sheet(_("Grade “%(title)s”?") % {"title": incident.title}, _("Grade"), lines)

    def act(values: dict[str, Any]) -> object:
        return operations.grade_incident(incident_id=incident.pk, by=request.actor, expected_version=seen(request))

    return sheet, act


def respond(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    levels = levels_for(incident, action)
    suggested = chosen(request, incident.grade or Level.IV, levels)
    initial = {**filled_in(request), "level": suggested}
    form = RespondForm(data_of(request), levels=levels, names=level_names(), reason="no", initial=initial)
    form.fields["level"].widget.attrs |= LOOK_AGAIN | {"hx-get": request.path}
    numeral = pages.level_numeral(suggested)
    preview = previews.preview_of_response(incident, suggested)
    sheet = Sheet(
        _("Start a level %(level)s response to “%(title)s”?") % {"level": numeral, "title": incident.title},
        _("Start a level %(level)s response") % {"level": numeral},
        previews.response_lines(incident, preview),
        form,
        extra="incidents/called.html",
        context=previews.called(preview),
    )

    def act(values: dict[str, Any]) -> object:
        return operations.respond(
            incident_id=incident.pk,
            level=values["level"],
            expected_end_at=values["expected_end_at"],
            by=request.actor,
            expected_version=seen(request),
        )

    return sheet, act


def change_level(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    levels = levels_for(incident, action)
    up = action == "raise"
    nearest = levels[-1] if up else levels[0]
    proposed = incident.proposed_level if up and incident.proposed_level in levels else None
    wanted = chosen(request, proposed or nearest, levels)
    form = LevelForm(
        data_of(request), levels=levels, names=level_names(), reason="may" if up else "must", initial={"level": wanted}
    )
    if up:
        question, verb = _("Raise the level of “%(title)s”?"), _("Raise the level")
        lines = [
            previews.raise_line(incident, wanted),
            _("Every open deadline is drawn anew from the start of the response; what is done stays done"),
        ]
    else:
        question, verb = _("Lower the level of “%(title)s”?"), _("Lower the level")
        lines = [
            _("People whom the lower level does not need are stood down"),
            _("Measures that were not begun and that its plan lacks are skipped"),
        ]
    operation = operations.raise_level if up else operations.lower_level

    def act(values: dict[str, Any]) -> object:
        return operation(
            incident_id=incident.pk,
            level=values["level"],
            reason=values.get("reason") or "",
            by=request.actor,
            expected_version=seen(request),
        )

    return Sheet(question % {"title": incident.title}, verb, lines, form, danger=not up), act


def confirm(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    numeral = pages.level_numeral(incident.response_level)
    sheet = Sheet(
        _("Confirm level %(level)s?") % {"level": numeral},
        _("Confirm level %(level)s") % {"level": numeral},
        [_("You take responsibility for this level; it no longer is provisional")],
    )
    if incident.running and request.actor.may(Permission.LOWER_LEVEL) and incident.response_level != Level.IV:
        sheet.other = (_("Lower the level…"), reverse("incident_step", args=[incident.pk, "lower"]))

    def act(values: dict[str, Any]) -> object:
        return operations.confirm_level(incident_id=incident.pk, by=request.actor, expected_version=seen(request))

    return sheet, act


def confirm_ready(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    post = get_object_or_404(CommandPost, incident=incident)
    unticked = [check.label for check in post.checks.filter(done_at=None)]
    lines = [_("The time to readiness is recorded now and cannot be changed")]
    if unticked:
        lines.insert(0, _("Still open on the checklist: %(items)s") % {"items": "、".join(unticked)})
    sheet = Sheet(_("Confirm that the command post is ready?"), _("Confirm ready"), lines)
    return sheet, lambda values: operations.confirm_post_ready(incident_id=incident.pk, by=request.actor)


def open_measures_line(incident: Incident) -> str:
    count = incident.measures.exclude(state__in=[Measure.State.DONE, Measure.State.SKIPPED]).count()
    if not count:
        return _("All measures are settled")
    return ngettext("%(count)s measure is still open", "%(count)s measures are still open", count) % {"count": count}


def recover(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    sheet = Sheet(
        _("Move “%(title)s” to recovery?") % {"title": incident.title},
        _("Move to recovery"),
        [_("The measures of recovery begin, with their own due times"), open_measures_line(incident)],
    )

    def act(values: dict[str, Any]) -> object:
        return operations.recover(incident_id=incident.pk, by=request.actor, expected_version=seen(request))

    return sheet, act


def closed_lanes_line(incident: Incident, closed: int) -> str:
    """How many lanes are still closed, and the measure that would open them if it were not skipped."""
    open_states = [Measure.State.PENDING, Measure.State.RUNNING, Measure.State.FAILED]
    opening = [
        measure.label
        for measure in incident.measures.filter(kind=MeasureKind.CLOSE_SCOPE, state__in=open_states)
        if measure.params.get("action") == "reopen"
    ]
    if opening:
        text = ngettext(
            "%(count)s lane is still closed, and “%(name)s” is not done",
            "%(count)s lanes are still closed, and “%(name)s” is not done",
            closed,
        )
        return text % {"count": closed, "name": opening[0]}
    return ngettext("%(count)s lane is still closed", "%(count)s lanes are still closed", closed) % {"count": closed}


def opened_line(opened: list[StillOpen]) -> str:
    """Which warehouses are still open for it, and how many orders lie there."""
    houses = ", ".join(f"{item.label} ({item.orders:,})" for item in opened)
    return _("Warehouses opened for it are still open, with so many orders: %(houses)s") % {"houses": houses}


def close(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    closed = open_closures(incident.reference, incident.exercise)
    opened = still_open(incident.reference, incident.exercise)
    form = CloseForm(data_of(request), closed_lanes=closed, opened=len(opened))
    lines = [
        _("Everybody is stood down and all timers end, except duties by law"),
        open_measures_line(incident),
        _("The review becomes due"),
    ]
    if closed:
        lines.insert(2, closed_lanes_line(incident, closed))
    if opened:
        lines.insert(2, opened_line(opened))
    sheet = Sheet(
        _("Close “%(title)s”?") % {"title": incident.title}, _("Close the incident"), lines, form, danger=True
    )

    def act(values: dict[str, Any]) -> object:
        return operations.close(
            incident_id=incident.pk,
            reason=values["reason"],
            skip_open=values["skip_open"],
            reopen_lanes=values.get("reopen_lanes", True),
            end_openings=values.get("end_openings", False),
            by=request.actor,
            expected_version=seen(request),
        )

    return sheet, act


def review(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    sheet = Sheet(
        _("Finish the review of “%(title)s”?") % {"title": incident.title},
        _("Finish the review"),
        [_("The incident cannot be changed afterwards")],
        ReviewForm(data_of(request)),
    )

    def act(values: dict[str, Any]) -> object:
        return operations.review(incident_id=incident.pk, text=values["text"], by=request.actor, skip_open=True)

    return sheet, act


def dismiss(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    lines = [_("It stays in the list as dismissed")]
    question, verb = _("Dismiss “%(title)s” as a false alarm?"), _("Dismiss as a false alarm")
    if incident.running:
        lines = [life.told_line(incident), _("All timers end; closed lanes are opened again")]
    elif incident.state == Incident.State.WARNED:
        question, verb = _("Stand down the pre-alert for “%(title)s”?"), _("Stand the pre-alert down")
        lines = [_("Open measures of preparation are skipped and timers end"), *lines]
    sheet = Sheet(
        question % {"title": incident.title},
        verb,
        lines,
        ReasonForm(data_of(request)),
        danger=True,
    )

    return sheet, by_form(operations.dismiss, incident, request)


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def measure_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Start (approve), retry, complete or skip a measure. A POST without the sheet's fields acts at once."""
    measure = get_object_or_404(Measure.objects.select_related("incident"), pk=pk)
    sheet, act = measure_sheet(measure, request, action)
    if request.method == "POST" and "sheet" not in request.GET and action != "skip":
        act({"note": "", "done_at": None})
        return done()
    return sheet.answer(request, act)


def measure_sheet(measure: Measure, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    name = {"name": measure.label}
    if action in {"start", "retry"}:
        lines = [measure.instructions] if measure.instructions else []
        lines += approval_lines(measure)
        sheet = Sheet(_("Approve “%(name)s”?") % name, _("Approve and start"), lines)
        return sheet, lambda values: operations.start_measure(measure_id=measure.pk, by=request.actor)
    if action == "complete":
        form = NoteForm(data_of(request))
        by_hand = measure.kind in {MeasureKind.INTERNAL_REPORT, MeasureKind.REPORT_AUTHORITY}
        form.fields["note"].label = _("Report") if by_hand else _("Note")
        # The operation asks for words here: say so before, not after.
        form.fields["note"].required = measure.kind in TOLD_KINDS
        lines = [measure.instructions] if measure.instructions else []
        sheet = Sheet(_("“%(name)s” is done?") % name, _("Done"), lines, form)

        def complete(values: dict[str, Any]) -> object:
            return operations.complete_measure(
                measure_id=measure.pk, note=values["note"], done_at=values["done_at"], by=request.actor
            )

        return sheet, complete
    if action == "skip":
        reason = ReasonForm(data_of(request))
        sheet = Sheet(_("Skip “%(name)s”?") % name, _("Skip the measure"), [], reason, danger=True)
        return sheet, lambda values: operations.skip_measure(
            measure_id=measure.pk, reason=values["reason"], by=request.actor
        )
    raise Http404


def approval_lines(measure: Measure) -> list[str]:
    """What the system will do once a measure is approved."""
    if measure.kind == MeasureKind.CLOSE_SCOPE:
        names = "、".join(pages.scope_names(measure.incident.scope)) or "—"
        return [_("Lanes are closed or opened for: %(scope)s") % {"scope": names}]
    if measure.kind == MeasureKind.REROUTE:
        return [_("Affected orders are frozen and a proposal is computed; nothing moves before it is approved")]
    if measure.kind == MeasureKind.NOTIFY_CUSTOMERS:
        return [_("The audience is drawn up; nothing is sent before the notice is launched")]
    if measure.kind == MeasureKind.ISSUE_SUPPLIES:
        return [_("Stock is issued to this incident; shortages are shown")]
    return []
