"""How a page answers an act that was done."""

from __future__ import annotations

import json

from django.http import HttpResponse


def done(message: object = "") -> HttpResponse:
    """204: the page closes its sheet, says `message`, and looks at its panels again."""
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"done": {"message": str(message)}})
    return response


def gone_to(url: str) -> HttpResponse:
    """The browser goes to another page."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
