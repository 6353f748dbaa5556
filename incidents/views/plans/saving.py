"""How the editor saves: one small post, guarded by the revision that was looked at; nothing typed is lost."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from incidents.models import Plan


def based_on(request: HttpRequest) -> int | None:
    """The plan's revision when the form was drawn."""
    value = request.POST.get("base", "")
    return int(value) if value.isdecimal() and len(value) < 10 else None


def revised(response: HttpResponse, request: HttpRequest, plan: Plan, **events: Any) -> HttpResponse:
    """Forms on the page that were drawn from the revision before are based on the new one from now on."""
    response["HX-Trigger"] = json.dumps({**events, "revised": {"from": based_on(request), "to": plan.revision}})
    return response
