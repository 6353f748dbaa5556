"""Why a message, batch or template is refused."""

from __future__ import annotations

from journal.refusal import Invalid, Refusal


class UnknownTemplate(Invalid):
    """No template of this code exists for the channel and language."""


class TemplateNotApproved(Invalid):
    """The template exists, but no version of it is approved."""


class VariableMissing(Invalid):
    """A variable that the template declares has no value; `extra["missing"]` names them."""


class TemplateInvalid(Invalid):
    """A template text that cannot be used: an undeclared variable, a stray "$", a subject of several lines."""


class UnknownChannel(Invalid):
    """There is no such channel."""


class BatchNotOpen(Refusal):
    """The batch was launched or cancelled already, so nothing more can be put into it."""


class IllegalBatchStep(Refusal):
    """The batch's state does not allow this step; `extra["state"]` says what it is."""


class BatchEmpty(Refusal):
    """Nobody is in the batch."""


class OwnTemplate(Refusal):
    """The words a person wrote are approved by somebody else."""
