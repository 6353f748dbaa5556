"""Headers that limit what a page of ours may load and do."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

# Everything is served by ourselves and no script stands in a page, so that a text that slips through unescaped cannot
# run. Tabler and ECharts set style attributes; QR codes and small icons are data: images.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
# The stock page reads barcodes with the camera.
PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


def security_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Adds the policies to every answer; a view that needs another policy sets the header itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # What one person saw must not come out of a shared computer's cache after the log-out.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


class RefuseNul:
    """PostgreSQL's text holds no NUL, and no honest address or form does: refuse it before anything looks at it.

    JSON bodies are looked at by their parser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return self.refusal()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if request.method == "POST" and any("\x00" in text for _, texts in request.POST.lists() for text in texts):
            return self.refusal()
        return None

    @staticmethod
    def refusal() -> HttpResponse:
        return JsonResponse({"code": "Invalid", "detail": "Text holds a NUL."}, status=400)
