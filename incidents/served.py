"""Handing out files that people sent: as they were taken, where nothing in them can run."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from incidents import files
from incidents.models import Attachment

POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


def response_of(file: Attachment) -> HttpResponse:
    """Photos may be looked at in the browser, everything else is a download; kept by the reader's own browser only."""
    text = file.media_type.startswith("text/")
    response = HttpResponse(
        files.path_of(file.sha256).read_bytes(),
        content_type=file.media_type + ("; charset=utf-8" if text else ""),
    )
    shown = file.media_type.startswith("image/")
    response["Content-Disposition"] = content_disposition_header(not shown, file.name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["ETag"] = f'"{file.sha256}"'
    return response
