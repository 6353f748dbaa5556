"""Calls that change something: each is one operation, and its view is made from a description."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.rest import IF_MATCH, body, looked_at
from incidents.api import bodies, shapes

REFUSED = {
    403: OpenApiResponse(description="Your role does not allow this."),
    409: OpenApiResponse(shapes.RefusalSerializer, description="Not now; `legal` lists the next steps."),
    412: OpenApiResponse(shapes.RefusalSerializer, description="Another version than If-Match; `changed` says why."),
    422: OpenApiResponse(shapes.RefusalSerializer, description="What was sent cannot be used."),
}


def act(
    name: str,
    summary: str,
    operation: Callable[..., Any],
    shape: type[serializers.Serializer[Any]] | None,
    *,
    answer: Callable[..., Response],
    answered: type[serializers.BaseSerializer[Any]],
    examples: Iterable[OpenApiExample] = (),
) -> Any:
    """The view of one operation, with `name` as its operation id.

    The parts of the address and the fields of the body (`shape`; None: no body is read) go to the operation as
    keywords, with who asks and the version in If-Match. `answer(request, **parts)` shows, as `answered`, what stands
    then.
    """

    def post(self: APIView, request: Request, **parts: Any) -> Response:
        given = body(request, shape) if shape is not None else {}
        operation(**parts, **given, by=actor_of(request), expected_version=looked_at(request))
        return answer(request, **parts)

    documented = extend_schema(
        summary=summary,
        operation_id=name,
        request=None if shape is bodies.NothingSerializer else shape,
        responses={200: answered, **REFUSED},
        parameters=[IF_MATCH],
        examples=list(examples),
    )(post)
    return type(f"{name.title().replace('_', '')}View", (APIView,), {"post": documented, "__doc__": operation.__doc__})
