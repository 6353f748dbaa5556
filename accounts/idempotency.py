"""Idempotency-Key: a creating call that is sent twice creates once, and is answered the same both times."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import actor_of
from accounts.models import IdempotentCall
from journal import clock
from journal.refusal import Invalid

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 100 printable characters. The same key with the same body again returns the first answer, with"
    " `Idempotent-Replayed: true`; with another body it is refused (422). Kept for 7 days.",
)

View = Callable[..., Response]
# Shown once and never kept: what is replayed has them blank.
SECRETS = frozenset({"secret"})


class BadKey(Invalid):
    """An idempotency key is 1 to 100 printable characters."""


class KeyReused(Invalid):
    """The key belongs to another call."""


def once(view: View) -> View:
    """A creating DRF method that honours Idempotency-Key.

    1. The key's row is inserted first: a twin that runs at the same moment waits for it here.
    2. The call does its work in the same transaction; its answer is kept in the row.
    3. A call that is refused leaves no row, so that it may be mended and sent again under its key.

    A secret in the answer is shown the first time only; whoever lost it has a new one made.
    """

    @functools.wraps(view)
    def answered_once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(self, request, *args, **kwargs)
        if not (0 < len(key) <= 100 and key.isprintable()):
            raise BadKey(_("Send an idempotency key of 1 to 100 printable characters."))
        operation = f"{request.method} {request.path}"[:300]
        digest = digest_of(request)
        with transaction.atomic():
            call, first = IdempotentCall.objects.get_or_create(
                actor=str(actor_of(request)),
                key=key,
                defaults={"operation": operation, "digest": digest, "made_at": clock.now()},
            )
            if not first:
                return replayed(call, operation, digest)
            response = view(self, request, *args, **kwargs)
            call.status = response.status_code
            call.answer = without_secrets(json.loads(json.dumps(response.data, default=str)))
            call.save(update_fields=["status", "answer"])
            return response

    return answered_once


def without_secrets(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {name: "" if name in SECRETS else value for name, value in answer.items()}


def digest_of(request: Request) -> str:
    """SHA-256 of what was sent; of an upload, of its fields and files."""
    found = hashlib.sha256()
    if not (request.content_type or "").startswith("multipart/"):
        found.update(request._request.body)
        return found.hexdigest()
    for name, value in sorted(request._request.POST.lists()):
        found.update(repr((name, value)).encode())
    for name, files in sorted(request._request.FILES.lists()):
        for file in files:
            found.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    return found.hexdigest()


def replayed(call: IdempotentCall, operation: str, digest: str) -> Response:
    if (call.operation, call.digest) != (operation, digest):
        raise KeyReused(_("This Idempotency-Key was used for another call; send a new one."), operation=call.operation)
    return Response(call.answer, status=call.status, headers={"Idempotent-Replayed": "true"})
