"""What the REST views of every room share: the body by its shape, and the version that the caller looked at."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from journal.refusal import Invalid

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The version you looked at; 412 when it changed meanwhile."
)


class BadVersion(Invalid):
    """If-Match must hold a version as a number."""


def looked_at(request: Request) -> int | None:
    """The version in If-Match ("7", quoted or not), or None. Raises BadVersion."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not text or text == "*":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadVersion(_("If-Match must hold the version, a number."))
    return int(text)


def body(request: Request, shape: type[serializers.BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
    """What was sent, checked by its shape, of which a `partial` body may leave out anything. Raises ValidationError."""
    given = shape(data=request.data, partial=partial)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
