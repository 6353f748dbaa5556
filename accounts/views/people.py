"""Pages about people, machine keys and one's own account."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries, sheets
from accounts.calendars import address_of
from accounts.http import StaffRequest, secret_page
from accounts.imports import columns_of
from accounts.models import ApiKey, Channel, ContactPoint, ImportKind, User
from accounts.roles import Permission, Role
from journal.clock import now
from journal.numbers import whole
from journal.refusal import Invalid, Refusal

PAGE = 50
SHOWN_LINES = 300
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def people(request: StaffRequest) -> HttpResponse:
    """Everybody, with roles and how they can be reached."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    words, role = request.GET.get("q", "")[:60].replace("\x00", ""), request.GET.get("role", "")
    inactive = request.GET.get("inactive") == "1"
    found = queries.people(words, role=role if role in Role.values else "", inactive=inactive)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "role": role, "inactive": inactive, "roles": Role.choices}
    return render(request, "accounts/people.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """One person: names, roles, contact points, turns; POST changes names and roles."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    user = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        operations.change_person(
            user_id=pk,
            name=clean(request, "name"),
            name_en=clean(request, "name_en"),
            job_title=clean(request, "job_title"),
            is_active="is_active" in request.POST,
            grants=posted_grants(request),
            by=request.actor,
        )
        messages.success(request, _("Saved."))
        return redirect("person", pk)
    context = {
        "person": user,
        "grants": user.grants.all(),
        "roles": Role.choices,
        "channels": [choice for choice in Channel.choices if choice[0] != Channel.IN_APP],
        "turns": user.duties.filter(ends_at__gt=now()).order_by("starts_at")[:6],
    }
    return render(request, "accounts/person.html", context)


def posted_grants(request: StaffRequest) -> list[tuple[str, str, str]]:
    """The form's rows of role, region and warehouse; a row without a role is a role taken away."""
    columns = [request.POST.getlist(name) for name in ("role", "region_code", "warehouse_code")]
    rows = zip(*columns, strict=False)
    return [(role, region.strip(), warehouse.strip()) for role, region, warehouse in rows if role]


def clean(request: StaffRequest, field: str) -> str:
    text = request.POST.get(field, "").strip()
    if sheets.UNPRINTABLE.search(text):
        raise Invalid(_("The text holds control characters; type it again."))
    return text


@login_required
@require_POST
def person_password(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a person a new password and show it once."""
    password = operations.issue_password(user_id=pk, by=request.actor)
    user = get_object_or_404(User, pk=pk)
    return secret_page(
        request, title=_("New password for %(name)s") % {"name": user.label}, secret=password, back=reverse("people")
    )


@login_required
@require_POST
def contact_add(request: StaffRequest, pk: int) -> HttpResponse:
    operations.add_contact_point(
        user_id=pk,
        channel=request.POST.get("channel", ""),
        address=clean(request, "address"),
        rank=whole(request.POST.get("rank", ""), digits=9) or 0,
        by=request.actor,
    )
    return redirect("account_page") if pk == request.user.pk and "own" in request.POST else redirect("person", pk)


@login_required
@require_POST
def contact_remove(request: StaffRequest, pk: int) -> HttpResponse:
    point = ContactPoint.objects.filter(pk=pk).first()
    operations.remove_contact_point(contact_point_id=pk, by=request.actor)
    if point is None or "own" in request.POST:
        return redirect("account_page")
    return redirect("person", point.user_id)


@login_required
@require_http_methods(["GET", "POST"])
def people_import(request: StaffRequest) -> HttpResponse:
    """Choose a file; POST keeps it and goes to its preview."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    context = {
        "kinds": [kind_context(kind) for kind in ImportKind],
        "chosen": request.GET.get("kind", ImportKind.STAFF),
    }
    if request.method == "GET":
        return render(request, "accounts/import.html", context)
    context["chosen"] = request.POST.get("kind", "")
    file = request.FILES.get("file")
    try:
        if file is None or not file.name:
            raise operations.SheetRefused(_("Choose a file."))
        content = file.read(sheets.LARGEST_FILE + 1)
        draft = operations.draft_import(
            kind=str(context["chosen"]), content=content, filename=file.name, by=request.actor
        )
    except Invalid as refusal:
        return render(request, "accounts/import.html", {**context, "problem": str(refusal)}, status=refusal.status)
    return redirect("import_preview", draft.pk)


def kind_context(kind: ImportKind) -> dict[str, object]:
    return {"code": kind.value, "label": kind.label, "columns": columns_of(kind)}


@login_required
@require_GET
def import_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """What applying the kept file would do; nothing is saved yet."""
    draft, preview = operations.show_preview(draft_id=pk, by=request.actor)
    lines = [line for line in preview.lines if line.action != "same"]
    context = {
        "draft": draft,
        "preview": preview,
        "lines": lines[:SHOWN_LINES],
        "hidden": max(0, len(lines) - SHOWN_LINES),
        "errors": preview.errors[:SHOWN_LINES],
        "more_errors": max(0, len(preview.errors) - SHOWN_LINES),
    }
    return render(request, "accounts/preview.html", context)


@login_required
@require_POST
def import_apply(request: StaffRequest, pk: int) -> HttpResponse:
    """Apply exactly what was shown. A stale preview goes back to the new one with a word of why."""
    try:
        draft = operations.apply_import(draft_id=pk, plan_digest=request.POST.get("plan", ""), by=request.actor)
    except operations.StalePreview as refusal:
        messages.warning(request, str(refusal))
        return redirect("import_preview", pk)
    figures = {"created": draft.created_count, "changed": draft.changed_count}
    messages.success(request, _("Applied: %(created)s created, %(changed)s changed.") % figures)
    return redirect("roster" if draft.kind == ImportKind.ROSTER else "people")


@login_required
@require_POST
def import_discard(request: StaffRequest, pk: int) -> HttpResponse:
    draft = operations.discard_import(draft_id=pk, by=request.actor)
    return redirect(f"/people/import/?kind={draft.kind}")


@login_required
@require_GET
def import_template(request: StaffRequest, kind: str) -> HttpResponse:
    """An empty sheet with its heading, and a second sheet that explains the columns."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    if kind not in ImportKind.values:
        raise Http404
    columns = columns_of(kind)
    heading = [str(column.label) for column in columns]
    if request.GET.get("format") == "csv":
        return download(sheets.write_csv([heading]), f"fenghuo-{kind}.csv", "text/csv; charset=utf-8")
    notes = [[_("Column"), _("Required"), _("What to write")]]
    notes += [[str(column.label), _("yes") if column.required else "", str(column.note)] for column in columns]
    content = sheets.write_excel([heading], title=str(ImportKind(kind).label), notes=notes)
    return download(content, f"fenghuo-{kind}.xlsx", EXCEL)


@login_required
@require_POST
def export(request: StaffRequest, kind: str) -> HttpResponse:
    """Today's data in the form in which it can be edited and sent back; journalled, because it leaves the house."""
    rows = operations.record_export(kind=kind, by=request.actor)
    content = sheets.write_excel(rows, title=str(ImportKind(kind).label))
    return download(content, f"fenghuo-{kind}-{timezone.localdate():%Y%m%d}.xlsx", EXCEL)


def download(content: bytes, filename: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def api_keys(request: StaffRequest) -> HttpResponse:
    """Machine keys; POST makes one and shows its secret once."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    context: dict[str, object] = {"roles": Role.choices}
    status = 200
    if request.method == "POST":
        try:
            key, secret = operations.create_api_key(
                name=request.POST.get("name", ""), role=request.POST.get("role", ""), by=request.actor
            )
        except Refusal as refusal:
            context["problem"], status = str(refusal), refusal.status
        else:
            title = _("API key “%(name)s”") % {"name": key.name}
            return secret_page(request, title=title, secret=secret, back=reverse("api_keys"))
    keys = ApiKey.objects.order_by("revoked_at", "name")
    return render(request, "accounts/api_keys.html", {**context, "keys": keys}, status=status)


@login_required
@require_POST
def api_key_revoke(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(ApiKey, pk=pk)
    key = operations.revoke_api_key(key_id=pk, by=request.actor)
    messages.success(
        request, _("The key “%(name)s” is revoked; calls with it are refused from now on.") % {"name": key.name}
    )
    return redirect("api_keys")


@login_required
@require_http_methods(["GET", "POST"])
def account_page(request: StaffRequest) -> HttpResponse:
    """One's own language, theme, time zone and contact points, and the ways to change the password and MFA."""
    if request.method == "POST":
        user = operations.change_preferences(
            language=request.POST.get("language"),
            theme=request.POST.get("theme"),
            time_zone=request.POST.get("time_zone"),
            by=request.actor,
        )
        messages.success(request, _("Saved."))
        answer = redirect("account_page")
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", httponly=True)
        return answer
    context = {
        "person": request.user,
        "languages": User._meta.get_field("language").choices,
        "themes": User._meta.get_field("theme").choices,
        "zones": sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/")),
        "channels": [choice for choice in Channel.choices if choice[0] != Channel.IN_APP],
        "turns": request.user.duties.filter(ends_at__gt=now()).order_by("starts_at")[:6],
        "calendar_url": address_of(request.user),
        "may_labels": sorted(str(Permission(code).label) for code in request.actor.permissions),
    }
    return render(request, "accounts/account.html", context)
