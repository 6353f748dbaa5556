"""Sheets around a response: verify, warn, take back, suspend, go on, open again, merge, link."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import StaffRequest
from accounts.naming import in_language
from dispatch.queries import open_closures
from incidents import network, operations
from incidents.forms import EstimateForm, IncidentChoiceForm, MergeForm, ParentForm, ReasonForm, ReopenForm, WarnForm
from incidents.models import CallOut, Deadline, DeadlineKind, DeadlineState, Incident, Phase
from incidents.operations.drawing import choose_plan, specs_of
from incidents.queries import level_names, pages, possible_parents, possible_targets, suggested_warning
from incidents.views import previews
from incidents.views.answers import LOOK_AGAIN, Act, Sheet, by_form, chosen, data_of, filled_in, levels_for, seen


def verify(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    lines = [
        _("You have looked into the report, and it is true"),
        _("It is graded at once by the severity matrix; nobody is called yet"),
    ]
    sheet = Sheet(_("Is “%(title)s” true?") % {"title": incident.title}, _("Verify and grade"), lines)
    sheet.other = (_("It is a false alarm…"), reverse("incident_step", args=[incident.pk, "dismiss"]))

    return sheet, by_form(operations.verify, incident, request)


def estimate(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    form = EstimateForm(data_of(request), initial={"expected_end_at": incident.expected_end_at})
    lines = [
        _("Customers who were told another time: customer service gets the follow-up to look at and to send"),
        _("Deadlines of the response stay as they are"),
    ]
    question = _("Until when is “%(title)s” expected to last?") % {"title": incident.title}
    sheet = Sheet(question, _("Change the estimate"), lines, form)

    return sheet, by_form(operations.change_estimate, incident, request)


def warn(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    levels = levels_for(incident, action)
    suggestion = suggested_warning(incident)
    level = chosen(request, suggestion.level, levels)
    sources = [f"{row} ({row.sender_name or row.sender})" for row in suggestion.warnings[:3]]
    form = WarnForm(
        data_of(request),
        levels=levels,
        names=level_names(),
        reason="no",
        initial={"heed": "；".join(sources), **filled_in(request), "level": level},
    )
    form.fields["level"].label = _("Prepare for level")
    form.fields["level"].widget.attrs |= LOOK_AGAIN | {"hx-get": request.path}
    plan = choose_plan(incident.category, level, incident.region_code)
    prepared = [spec for spec in specs_of(plan, level) if spec.phase == Phase.WARNING]
    lines = [
        _("Nobody is called to a post, and no response runs"),
        _("A notice is issued with the fields that the law names (Art. 64)"),
    ]
    if prepared:
        names = "、".join(in_language(spec.name, spec.name_en) for spec in prepared)
        lines.insert(1, _("Measures begin with their due times: %(names)s") % {"names": names})
    else:
        lines.insert(1, _("The plan of this level has no measures of warning"))
    if suggestion.warnings:
        lines.insert(0, _("A red or orange warning takes effect within a day: level Ⅲ is suggested"))
    title = _("Give a pre-alert for “%(title)s”?") % {"title": incident.title}
    sheet = Sheet(title, _("Give the pre-alert"), lines, form)

    return sheet, by_form(operations.warn, incident, request)


def expected(incident: Incident) -> list[str]:
    """Who would be told that they are not needed any more."""
    states = ["called", "acknowledged", "unreachable", "on_post"]
    calls = CallOut.objects.filter(incident=incident, state__in=states).select_related("user")
    return list(dict.fromkeys(call.user.label for call in calls))


def told_line(incident: Incident) -> str:
    people = expected(incident)
    if not people:
        return _("Nobody has to be told")
    return _("Told that they are not needed any more: %(people)s") % {"people": "、".join(people)}


def revert_start(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    sheet = Sheet(
        _("Take back the automatic start of “%(title)s”?") % {"title": incident.title},
        _("Take it back"),
        [
            told_line(incident),
            _("Open measures are skipped, timers end, closed lanes are opened again"),
            _("It stays graded, and will not start by itself again"),
        ],
        ReasonForm(data_of(request)),
        danger=True,
    )

    return sheet, by_form(operations.revert_start, incident, request)


def suspend(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    legal = Deadline.objects.filter(incident=incident, kind=DeadlineKind.LEGAL, state=DeadlineState.OPEN).count()
    lines = [
        _("Limits, call-outs and the system's measures stand still; what is overdue stays overdue"),
        _("People on post stay there, and calls may still be answered"),
    ]
    if legal:
        lines.append(_("Duties by law run on: %(count)s") % {"count": legal})
    if incident.provisional:
        lines.append(_("The time to confirm the level runs on"))
    sheet = Sheet(
        _("Suspend “%(title)s”?") % {"title": incident.title},
        _("Suspend"),
        lines,
        ReasonForm(data_of(request)),
        danger=True,
    )

    return sheet, by_form(operations.suspend, incident, request)


def resume(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    form = ReasonForm(data_of(request))
    form.fields["reason"].required = False
    form.fields["reason"].label = _("Note")
    lines = [
        _("Everything still to come moves by as long as it stood still"),
        _("Call-outs that were not answered go on climbing"),
    ]
    sheet = Sheet(_("Go on with “%(title)s”?") % {"title": incident.title}, _("Go on"), lines, form)

    return sheet, by_form(operations.resume, incident, request)


def reopen(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    form = ReopenForm(data_of(request))
    if network.is_empty(incident.scope):
        del form.fields["close_lanes"]
    level = incident.response_level or 4
    preview = previews.preview_of_response(incident, level)
    sheet = Sheet(
        _("Open “%(title)s” again at level %(level)s?")
        % {"title": incident.title, "level": pages.level_numeral(level)},
        _("Open again"),
        [
            _("The command post is manned afresh; what was done stays done"),
            _("What the closing skipped comes back, and internal reports start again"),
            _("The review is no longer due"),
        ],
        form,
        danger=True,
        extra="incidents/called.html",
        context=previews.called(preview),
    )

    return sheet, by_form(operations.reopen, incident, request)


def preselected(request: StaffRequest, form: IncidentChoiceForm) -> None:
    """?into=7 opens the sheet with that incident chosen."""
    if (value := request.GET.get("into", "")).isdecimal():
        form.initial["incident"] = int(value)


def merge(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    form = MergeForm(data_of(request), offered=possible_targets(incident))
    form.fields["incident"].label = _("It is the same as")
    preselected(request, form)
    if network.is_empty(incident.scope):
        del form.fields["join_scope"]
    lines = [_("It ends here, and goes on in the other incident; both say so")]
    if incident.running:
        lines += [told_line(incident), _("Open measures are skipped and timers end")]
    if closed := open_closures(incident.reference, incident.exercise):
        lines.append(
            ngettext(
                "%(count)s closed lane passes to the other incident without opening",
                "%(count)s closed lanes pass to the other incident without opening",
                closed,
            )
            % {"count": closed}
        )
    legal = Deadline.objects.filter(incident=incident, kind=DeadlineKind.LEGAL, settled_at=None)
    if legal.exclude(state=DeadlineState.CANCELLED).exists():
        lines.append(_("Duties by law go on there with the same due time"))
    sheet = Sheet(
        _("Merge “%(title)s” into another incident?") % {"title": incident.title}, _("Merge"), lines, form, danger=True
    )

    def act(values: dict[str, Any]) -> object:
        return operations.merge(
            incident_id=incident.pk,
            into=values["incident"],
            join_scope=values.get("join_scope", True),
            reason=values["reason"],
            by=request.actor,
            expected_version=seen(request),
        )

    return sheet, act


def set_parent(incident: Incident, request: StaffRequest, action: str) -> tuple[Sheet, Act]:
    form = ParentForm(data_of(request), offered=possible_parents(incident), initial={"incident": incident.parent_id})
    form.fields["incident"].label = _("It is part of")
    sheet = Sheet(
        _("Link “%(title)s” to a larger incident?") % {"title": incident.title},
        _("Link"),
        [_("Each goes on by itself; both rooms show the other")],
        form,
    )

    def act(values: dict[str, Any]) -> object:
        return operations.set_parent(
            incident_id=incident.pk,
            parent_id=values["incident"] or None,
            by=request.actor,
            expected_version=seen(request),
        )

    return sheet, act
