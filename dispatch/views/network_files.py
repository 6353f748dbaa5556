"""The network as a file: taking it out, and bringing a changed one in after looking at what it changes."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from dispatch.models import NetworkImport
from dispatch.operations.network_import import (
    FileRefused,
    apply_import,
    discard_import,
    find_import,
    plan_import,
    upload_network,
)
from dispatch.parts import KINDS, World
from dispatch.parts.plan import Change
from dispatch.parts.sheets import LAYOUTS, write_csv, write_workbook
from journal.refusal import Refusal

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE, SHOWN_FAULTS = 100, 100


@needs(Permission.VIEW)
@require_GET
def network_export(request: StaffRequest) -> HttpResponse:
    """The whole network as Excel, or one sheet of it as CSV."""
    name = request.GET.get("sheet", "")
    if name and name not in LAYOUTS:
        raise Http404
    content = write_csv(World(), name) if name else write_workbook(World(), notes())
    response = HttpResponse(content, content_type="text/csv; charset=utf-8" if name else EXCEL)
    filename = f"{name}.csv" if name else "network.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def notes() -> list[list[str]]:
    """What each column means, as the last sheet of the file."""
    found = [[_("Sheet and column"), _("What to write")]]
    for layout in LAYOUTS.values():
        for column in layout.fields:
            known = ", ".join(map(str, column.choices.values)) if column.choices else ""
            parts = [known, str(column.note), _("must be filled in") if column.required else ""]
            found.append([f"{layout.name}: {column.label}", "; ".join(part for part in parts if part)])
    return found


@needs(Permission.MANAGE_NETWORK)
@require_http_methods(["GET", "POST"])
def network_files(request: StaffRequest) -> HttpResponse:
    """Send a file, and what was applied before."""
    refusal, status = "", 200
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            refusal, status = _("Choose a file."), 422
        else:
            try:
                draft = upload_network(
                    content=file.read(),
                    filename=file.name or "",
                    complete=request.POST.get("complete") == "yes",
                    by=request.actor,
                )
                return redirect("network_plan", draft.pk)
            except FileRefused as error:
                refusal, status = str(error), error.status
    applied = NetworkImport.objects.exclude(applied_at=None).defer("content", "changes")[:20]
    context = {"refusal": refusal, "applied": applied, "sheets": list(LAYOUTS.values())}
    return render(request, "dispatch/network_files.html", context, status=status)


@needs(Permission.MANAGE_NETWORK)
@require_GET
def network_plan(request: StaffRequest, pk: int) -> HttpResponse:
    """What an uploaded file would change, or did."""
    draft = find_import(pk, request.actor)
    if draft.applied_at is not None:
        changes = [Change(kind, key, action, title, fields) for kind, key, action, title, fields in draft.changes]
        context = {"draft": draft, "faults": [], "ignored": [], "digest": ""}
    else:
        plan = plan_import(draft=draft, by=request.actor)
        changes = plan.changes
        context = {
            "draft": draft,
            "faults": plan.faults[:SHOWN_FAULTS],
            "all_faults": len(plan.faults),
            "ignored": plan.ignored,
            "digest": plan.digest,
            "ready": plan.ready,
        }
    counted = Counter((change.kind, change.action) for change in changes)
    page = Paginator(changes, PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "groups": [
            (KINDS[kind], [(change, named(change)) for change in group])
            for kind, group in groupby(page, key=lambda change: change.kind)
        ],
        "counts": [
            (KINDS[kind], [counted[kind, action] for action in ("add", "change", "retire")])
            for kind in KINDS
            if any(counted[kind, action] for action in ("add", "change", "retire"))
        ],
        "total": len(changes),
    }
    return render(request, "dispatch/network_plan.html", context)


def named(change: Change) -> list[tuple[str, str, str]]:
    """The fields of a change by their labels."""
    kind = KINDS[change.kind]
    labels = {column.name: str(column.label) for column in kind.fields}
    labels |= {child.name: str(child.label) for child in kind.children}
    return [(labels.get(name, name), before, after) for name, (before, after) in change.fields.items()]


@needs(Permission.MANAGE_NETWORK)
@require_POST
def network_apply(request: StaffRequest, pk: int) -> HttpResponse:
    """Apply an uploaded file as it was shown."""
    try:
        apply_import(pk=pk, by=request.actor, digest=request.POST.get("digest", "")[:64])
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        # The plan is shown anew, with what keeps it from being applied.
        from django.contrib import messages

        messages.error(request, str(refusal))
    return redirect("network_plan", pk)


@needs(Permission.MANAGE_NETWORK)
@require_POST
def network_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget an uploaded file."""
    discard_import(pk=pk, by=request.actor)
    return redirect("network_files")
