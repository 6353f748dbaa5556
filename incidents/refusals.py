"""What command refuses, and what it tells the caller to do instead."""

from __future__ import annotations

from django.utils.translation import gettext as _

from incidents.models import Incident, Level
from incidents.queries.steps import legal_actions
from journal.refusal import AlreadyDone, Invalid, Refusal


class IncidentNotFound(Refusal):
    """No incident, measure or call-out of this number."""

    status = 404


class IllegalTransition(Refusal):
    """The incident's state does not allow this; `legal` lists what it allows."""


class ChangedMeanwhile(Refusal):
    """Somebody changed the thing after the caller looked at it; `changed` says what happened since."""

    status = 412


class AboveAuthority(Refusal):
    """The level is further from the grade than the caller may go alone."""


class IllegalMeasureStep(Refusal):
    """The measure's state does not allow this."""


class PrerequisiteOpen(Refusal):
    """Another measure must be settled first."""


class ReasonMissing(Invalid):
    """This needs a reason in words."""


class UnknownPerson(Invalid):
    """Nobody active has this number."""


class DutyReported(Refusal):
    """Somebody else has reported this duty by law already."""


class AnswersMissing(Invalid):
    """A report's form asks for more; `missing` lists the fields."""


class UnusableFile(Invalid):
    """A file of a kind or size that is not kept."""


class IllegalAnswer(Refusal):
    """The call-out can no longer be answered like this."""


class HandOverFirst(Refusal):
    """Command is handed to somebody before its holder leaves."""


class BadProof(Invalid):
    """A proof of arrival that whoever enters it cannot give; `allowed` lists those they can."""


class DoorCodeExpired(Refusal):
    """The code was shown at the door too long ago."""


class BadDoorCode(Invalid):
    """Not a code that the door of this incident shows."""


class ImpossibleTime(Invalid):
    """A time that cannot be: in the future, or before the thing began."""


class NotManned(Refusal):
    """Required posts are not taken; `missing` lists them."""


class ChecklistOpen(Refusal):
    """The readiness checklist is not done; `open` lists what is left."""


class OpenMeasures(Refusal):
    """Measures are still open; `measures` lists them."""


class NotRecovered(Refusal):
    """Throughput has not reached what the level asks for."""


class BadKinship(Refusal):
    """The two incidents cannot be merged or linked like this."""


class UnknownCode(Invalid):
    """A category, level, indicator or other code that does not exist."""


class BadFigures(Invalid):
    """A figure that cannot be graded."""


class BadPlan(Invalid):
    """A plan or measure whose parameters do not fit its kind."""


class PlanState(Refusal):
    """The plan's state does not allow this."""


class OwnPlan(Refusal):
    """Another person approves it than the one who handed it in; `approvers` are ids of those who may."""


class BadRules(Invalid):
    """Rules that contradict themselves or name what does not exist; `errors` maps "row.field" to what is wrong."""


def where_it_stands(incident: Incident) -> dict[str, object]:
    """What a refused caller needs in order to go on."""
    return {
        "state": str(incident.state),
        "level": incident.response_level,
        "version": incident.version,
        "legal": legal_actions(incident),
    }


def already_done(incident: Incident, action: str) -> AlreadyDone:
    """The answer to the same act of the same actor again, saying how things stand."""
    return AlreadyDone(
        _("You have done this already. Incident %(number)s stands at: %(state)s.")
        % {"number": incident.number, "state": incident.get_state_display()},  # type: ignore[attr-defined]
        action=action,
        **where_it_stands(incident),
    )


def illegal(incident: Incident, action: str) -> IllegalTransition:
    """The refusal of an action that the state does not allow, saying how things stand."""
    stand = str(incident.get_state_display())  # type: ignore[attr-defined]
    if incident.running and incident.response_level:
        stand += f" ({Level(incident.response_level).label})"
    return IllegalTransition(
        _("Incident %(number)s is already: %(state)s. Look at it again and choose one of its next steps.")
        % {"number": incident.number, "state": stand},
        action=action,
        **where_it_stands(incident),
    )
