"""Words that no template may use: data that an administrator keeps."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.naming import in_a_row
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from journal.refusal import Invalid
from notifications.models import ForbiddenWord

LONGEST_WORD, LONGEST_REASON = 40, 200


class WordForbidden(Invalid):
    """The text uses words that are forbidden; `extra["words"]` names them."""


class BadWord(Invalid):
    """A forbidden word has 1 to 40 characters and a reason of at most 200."""


@transaction.atomic
def forbid_word(*, word: str, by: Actor, reason: str = "") -> ForbiddenWord:
    """Let no template use a word any more; what is approved stays in use. The same word again changes its reason.

    Journals word.forbidden. Raises BadWord, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    word, reason = word.strip(), reason.strip()
    if not 1 <= len(word) <= LONGEST_WORD or len(reason) > LONGEST_REASON or "\x00" in word + reason:
        raise BadWord(_("A forbidden word has 1 to 40 characters, its reason at most 200."))
    row, _created = ForbiddenWord.objects.update_or_create(
        word=word, defaults={"reason": reason, "added_by": str(by), "added_at": now()}
    )
    journal.write(kind="word.forbidden", subject="wording", by=by, payload={"word": word})
    return row


@transaction.atomic
def allow_word(*, word: str, by: Actor) -> None:
    """Let templates use a word again. Journals word.allowed; a word that is not forbidden changes nothing."""
    by.require(Permission.MANAGE_TEMPLATES)
    if ForbiddenWord.objects.filter(word=word).delete()[0]:
        journal.write(kind="word.allowed", subject="wording", by=by, payload={"word": word})


def refuse_forbidden(*texts: str) -> None:
    """Raises WordForbidden when a text uses a forbidden word."""
    text = "\n".join(texts).casefold()
    found = [word for word in ForbiddenWord.objects.values_list("word", flat=True) if word.casefold() in text]
    if found:
        raise WordForbidden(_("Forbidden words: %(words)s.") % {"words": in_a_row(found)}, words=found)
