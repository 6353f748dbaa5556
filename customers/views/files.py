"""Lists of care as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import FileResponse, Http404, HttpResponse

from accounts.http import StaffRequest
from accounts.sheets import write_csv
from dispatch.excel import Column, Value
from dispatch.views.exports import download


def file_of(
    request: StaffRequest, kind: str, columns: list[Column], rows: Iterable[Sequence[Value]], *, title: str, name: str
) -> FileResponse | HttpResponse:
    """The rows as Excel ("xlsx") or CSV ("csv"), kept by no cache; a text that looks like a formula stays a text."""
    if kind not in {"xlsx", "csv"}:
        raise Http404
    if kind == "xlsx":
        answer: FileResponse | HttpResponse = download(request, title, columns, rows)
    else:
        lines = (["" if cell is None else str(cell) for cell in row] for row in rows)
        answer = HttpResponse(write_csv([[str(column.label) for column in columns], *lines]), content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
