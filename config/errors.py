"""Refusals as answers: each room's exceptions become 403, 404, 409 or 422 with a message that says what to do.

An operation's exception may carry `status` (an HTTP status) and `extra` (a dict of facts, such as the legal next
steps); `Refusal` is the base class that does. Unexpected exceptions propagate.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.http import HttpResponse
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.actors import NotAllowed
from journal.refusal import AlreadyDone, Refusal


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Refusal):
        return Response({"code": type(error).__name__, "detail": str(error), **error.extra}, status=error.status)
    if isinstance(error, NotAllowed):
        return Response({"code": "NotAllowed", "detail": str(error)}, status=403)
    if isinstance(error, OperationalError):
        return Response({"code": "Unavailable", "detail": "The database is away; try again."}, status=503)
    return exception_handler(error, context)


class RefusalMiddleware:
    """The same for browsers: a page that says what happened, or a toast for a fragment."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_exception(self, request: Any, error: Exception) -> Any:
        from django.shortcuts import render

        if isinstance(error, AlreadyDone) and request.htmx:
            # A double click: the panels are read again, which is all that was wanted.
            response = HttpResponse(status=204)
            response["HX-Trigger"] = '{"done": {"message": ""}}'
            return response
        if isinstance(error, Refusal):
            status = error.status
        elif isinstance(error, NotAllowed):
            status = 403
        else:
            return None
        template = "fragments/refusal.html" if request.htmx else "refusal.html"
        response = render(request, template, {"message": str(error), "status": status}, status=status)
        if request.htmx:
            # A refused action must not replace the panel the user is looking at.
            response["HX-Retarget"] = "#toasts"
            response["HX-Reswap"] = "beforeend"
        return response
