"""Why compensation, a customer's choice or the desk refuses."""

from __future__ import annotations

from journal.refusal import Invalid, Refusal


class BadPolicy(Invalid):
    """The policy cannot be stored; `errors` says what is wrong, by place ("bands.0.over")."""


class BadRules(Invalid):
    """Rules of sending or care that cannot be; `errors` says what is wrong, by name."""


class ReasonMissing(Invalid):
    """Say why."""


class NotTakenOver(Refusal):
    """What stands in the page's forms is not what would be sent."""


class BadSpan(Invalid):
    """An exempt span needs evidence and a sensible time."""


class BadScope(Invalid):
    """There are no such orders to look at."""


class PolicyMoved(Refusal):
    """The policy is not what the caller looked at, or not in the state for this."""


class ChangedMeanwhile(Refusal):
    """Somebody changed it after it was opened."""

    status = 412


class OwnWork(Refusal):
    """Another person must agree."""


class NothingToGrant(Refusal):
    """No order of the matter gets anything now."""


class IllegalGrantStep(Refusal):
    """The grants' state does not allow this step; `state` says what it is, `legal` what is possible."""


class SpanMoved(Refusal):
    """The span is confirmed or withdrawn already."""
