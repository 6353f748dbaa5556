"""What a drill refuses."""

from __future__ import annotations

from journal.refusal import Invalid, Refusal


class ExerciseRunning(Refusal):
    """One exercise at a time: another one is running; `exercise` is its number."""


class ExerciseOver(Refusal):
    """The exercise has ended already."""


class UnknownScript(Invalid):
    """There is no such script or plan to practise."""


class BadFactor(Invalid):
    """The time factor is out of range."""


class NotYet(Exception):
    """A move's condition does not hold yet; it is tried again in a moment. Never leaves this room."""
