"""JSON as machines send it, refused early when it could hurt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20
# NUL cannot be stored in PostgreSQL text, and a lone surrogate is not a character.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than 10 MB; send it in parts."
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """At most 10 MB, 20 levels deep, no NaN, no NUL and no lone surrogates; anything else is a 400 that says why."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge()
        return strict_json(raw)


def strict_json(raw: bytes) -> Any:
    """Parse or raise ParseError."""
    try:
        text = raw.decode("utf-8")
        data = json.loads(text, parse_constant=refuse_constant)
    except RecursionError as error:
        raise ParseError(f"JSON is nested deeper than {DEEPEST} levels.") from error
    except ValueError as error:
        raise ParseError(f"Not valid JSON: {error}") from error
    check(data, 1)
    return data


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ParseError(f"JSON is nested deeper than {DEEPEST} levels.")
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise ParseError("Text holds a NUL or a lone surrogate.")
    elif isinstance(value, dict):
        for key, item in value.items():
            check(key, depth)
            check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check(item, depth + 1)
