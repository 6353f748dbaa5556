"""Pages for administrators: through which accounts each channel leaves, their limits, and a test to oneself."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from journal.kinds import actor_name, names_in
from journal.numbers import whole
from journal.refusal import Refusal
from notifications import channels, gateways, operations
from notifications.explaining import consequence, meaning
from notifications.masking import mask
from notifications.models import Attempt, Chunk, Consent, Gateway, Kind, Message, Registration, Review, Template
from notifications.operations.gateways import TEST, BadGateway, GatewayFacts
from notifications.standing import examines, tells
from notifications.views.templates import FACTS, SHOWN, entered, typed

NUMBERS = ("priority", "per_second", "per_minute", "per_number_day", "batch_size")
SMS_KEYS = {"key_id": gettext_lazy("AccessKey ID"), "secret": gettext_lazy("AccessKey secret")}
WECHAT_KEYS = {"key_id": gettext_lazy("AppID"), "secret": gettext_lazy("AppSecret")}
# Which fields a kind of gateway has, as its console calls them; a blank address is the provider's own.
FIELDS: dict[str, dict[str, Any]] = {
    Kind.ALIYUN_SMS: {**SMS_KEYS, "sign_name": gettext_lazy("Signature, without 【】")},
    Kind.TENCENT_SMS: {
        "key_id": gettext_lazy("SecretId"),
        "secret": gettext_lazy("SecretKey"),
        "app": gettext_lazy("SdkAppId"),
        "sign_name": gettext_lazy("Signature, without 【】"),
    },
    Kind.ALIYUN_VOICE: {
        **SMS_KEYS,
        "sender": gettext_lazy("Number shown, bought at the provider"),
        "app": gettext_lazy("Words after a key: id of the text"),
    },
    Kind.SMTP: {
        "sender": gettext_lazy("Sender"),
        "key_id": gettext_lazy("User name, blank without log-in"),
        "secret": gettext_lazy("Password"),
    },
    Kind.WECHAT_SUBSCRIPTION: WECHAT_KEYS,
    Kind.WECHAT_TEMPLATE: WECHAT_KEYS,
    Kind.PUSH: {"secret": gettext_lazy("Bearer token, blank without one")},
    Kind.ROBOT: {},
}
# Where each kind pushes what became of a message.
RECEIPTS = {
    Kind.ALIYUN_SMS: "aliyun/sms",
    Kind.ALIYUN_VOICE: "aliyun/voice",
    Kind.TENCENT_SMS: "tencent/sms",
    Kind.PUSH: "push",
    Kind.WECHAT_SUBSCRIPTION: "wechat",
    Kind.WECHAT_TEMPLATE: "wechat",
}
EXAMPLES = {Kind.SMTP: "smtp://mail.example.com:587", Kind.PUSH: "https://push.example.com/v1/messages"}


def number(request: StaffRequest, name: str) -> int | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadGateway(_("Write a whole number, or nothing."), field=name)
    return int(text)


def hour(request: StaffRequest, name: str) -> time | None:
    text = request.POST.get(name, "").strip()
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        raise BadGateway(_("Write a time such as 22:00."), field=name) from None


def facts_in(request: StaffRequest, kind: str) -> GatewayFacts:
    """The form's facts. Raises BadGateway."""
    form = request.POST
    numbers = {name: number(request, name) for name in NUMBERS}
    texts = {name: form.get(name, "") for name in ("name", "name_en", "url", "key_id", "app", "sign_name", "sender")}
    return GatewayFacts(
        kind=kind,
        **texts,  # type: ignore[arg-type]
        security=form.get("security", ""),
        enabled=form.get("enabled") == "1",
        idempotent=form.get("idempotent") == "1",
        quiet_from=hour(request, "quiet_from"),
        quiet_until=hour(request, "quiet_until"),
        priority=numbers.pop("priority") or 1,
        **numbers,  # type: ignore[arg-type]
    )


def form_of(kind: str, shown: Gateway | GatewayFacts | None, problem: BadGateway | Refusal | None) -> dict[str, Any]:
    """What the form shows: the fields of that kind of gateway, and what is wrong with one of them."""
    fields = [
        {"name": name, "label": label, "value": getattr(shown, name, "") if name != "secret" else ""}
        for name, label in FIELDS[kind].items()
    ]
    return {
        "kind": Kind(kind),
        "shown": shown,
        "fields": fields,
        "home": gateways.HOME.get(Kind(kind), ""),
        "example": EXAMPLES.get(Kind(kind), ""),
        "secured": kind == Kind.SMTP,
        "push": kind == Kind.PUSH,
        "direct": kind == Kind.ROBOT,
        "problem": str(problem) if problem else "",
        "wrong": problem.extra.get("field", "") if problem else "",
    }


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def gateway_list(request: StaffRequest) -> HttpResponse:
    """Every channel with its gateways in their order, and what the environment gives those without one."""
    return render(request, "notifications/gateways.html", {"kinds": Kind.choices, **rows()})


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def gateway_rows(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/gateway_rows.html", rows())


def rows() -> dict[str, Any]:
    found = []
    for channel in channels.ORDER:
        if channel == "in_app":
            continue
        own = list(Gateway.objects.filter(channel=channel).order_by("priority", "id"))
        account = gateways.default_account(channel)
        found.append(
            {
                "channel": channels.Channel(channel),
                "gateways": [(row, channels.gateway_health(row)) for row in own],
                "environment": None if own else account,
                "simulated": account is not None and gateways.simulated(account.url),
            }
        )
    return {"rows": found}


@needs(Permission.MANAGE_TEMPLATES)
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def gateway_new(request: StaffRequest, kind: str) -> HttpResponse:
    if kind not in Kind.values:
        raise Http404
    shown, problem = None, None
    if request.method == "POST":
        try:
            shown = facts_in(request, kind)
            row = operations.create_gateway(facts=shown, secret=request.POST.get("secret", ""), by=request.actor)
        except Refusal as refusal:
            problem = refusal
        else:
            return redirect("gateway", pk=row.pk)
    context = form_of(kind, shown, problem) | {"enabled": shown.enabled if shown else True}
    return render(request, "notifications/gateway.html", context, status=422 if problem else 200)


@needs(Permission.MANAGE_TEMPLATES)
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def gateway(request: StaffRequest, pk: int) -> HttpResponse:
    """One account: its state, its fields, its limits, and a test."""
    row = get_object_or_404(Gateway, pk=pk)
    shown: Gateway | GatewayFacts = row
    problem = None
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            shown = facts_in(request, row.kind)
            operations.change_gateway(
                gateway_id=pk,
                facts=shown,
                secret=request.POST.get("secret", ""),
                by=request.actor,
                expected_version=whole(version, digits=9),
            )
        except Refusal as refusal:
            problem = refusal
        else:
            return redirect("gateway", pk=pk)
    context = form_of(row.kind, shown, problem) | {
        "gateway": row,
        "enabled": shown.enabled,
        "health": channels.gateway_health(row),
        "out_means": meaning(row.out_code),
        "set_by": actor_name(row.secret_set_by, names_in([row.secret_set_by])) if row.secret_set_by else "",
        "used": Attempt.objects.filter(channel=row.channel, gateway=row).exists(),
        "test": newest_test(row),
        "has_words": examines(row.kind),
        "wechat_token": gateways.wechat_token() if row.channel == "wechat" else "",
        "consents": Consent.objects.filter(used_at=None).count() if row.kind == Kind.WECHAT_SUBSCRIPTION else None,
    }
    if kind := RECEIPTS.get(Kind(row.kind)):
        context["receipts"] = gateways.wechat_url() if row.channel == "wechat" else gateways.receipt_url(kind)
    return render(request, "notifications/gateway.html", context, status=422 if problem else 200)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def gateway_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """test, delete, or ask what the provider said of all words."""
    kind = get_object_or_404(Gateway, pk=pk).kind
    if step == "delete":
        operations.delete_gateway(gateway_id=pk, by=request.actor)
        return redirect("gateways")
    if step == "ask":
        operations.ask_providers(kind=kind, by=request.actor)
        return redirect("gateway_words", pk=pk)
    if step != "test":
        raise Http404
    operations.try_gateway(gateway_id=pk, by=request.actor)
    row = Gateway.objects.get(pk=pk)
    return render(request, "notifications/gateway_test.html", {"gateway": row, "test": newest_test(row)})


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def gateway_test(request: StaffRequest, pk: int) -> HttpResponse:
    """How the newest test fares; the page asks again while it is under way."""
    row = get_object_or_404(Gateway, pk=pk)
    return render(request, "notifications/gateway_test.html", {"gateway": row, "test": newest_test(row)})


def newest_test(row: Gateway) -> dict[str, Any] | None:
    """The last test through a gateway: where the message stands and what the provider said, in plain words."""
    chunk = Chunk.objects.filter(through=row).order_by("-id").first()
    message = Message.objects.filter(pk=chunk.first, key__startswith=TEST).first() if chunk else None
    if message is None:
        return None
    attempt = Attempt.objects.filter(chunk=chunk).order_by("-id").first()
    code = (attempt.code if attempt else "") or message.code
    failed = message.state in {"failed", "ambiguous"}
    return {
        "message": message,
        "to": mask(message.destination),
        "under_way": message.state == "queued",
        "answered": bool(code),
        "failed": failed,
        "code": code,
        "detail": attempt.detail if attempt else "",
        "meaning": meaning(code) if code else "",
        "consequence": consequence(row.kind, code) if message.state == "failed" else "",
        "reference": attempt.provider_id if attempt else "",
    }


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "POST"])
def gateway_words(request: StaffRequest, pk: int) -> HttpResponse:
    """By which ids this kind of provider knows the newest approved words of its channel, and what it said of them."""
    row = get_object_or_404(Gateway, pk=pk)
    if not examines(row.kind):
        raise Http404
    newest: dict[tuple[str, str], Template] = {}
    for words in Template.objects.filter(channel=row.channel, state="approved").order_by("code", "language", "version"):
        newest[words.code, words.language] = words
    known = {one.template_id: one for one in Registration.objects.filter(kind=row.kind, template__in=newest.values())}
    problem, status, form = "", 200, request.POST
    if request.method == "POST":
        try:
            with transaction.atomic():
                for words in newest.values():
                    if facts := entered(form, f"-{words.pk}"):
                        operations.register_template(template_id=words.pk, kind=row.kind, by=request.actor, **facts)
        except Refusal as refusal:
            problem, status = str(refusal), refusal.status
        else:
            return redirect("gateway_words", pk=pk)
    rows = [words_row(words, known.get(words.pk), form if problem else None) for words in newest.values()]
    context = {"gateway": row, "rows": rows, "named": row.channel == "wechat", "problem": problem}
    context |= {"reviews": Review.choices, "asks": tells(row.kind)}
    return render(request, "notifications/gateway_words.html", context, status=status)


def words_row(words: Template, known: Registration | None, form: QueryDict | None) -> dict[str, Any]:
    """A row of the form: as it is, or as it was typed into a refused `form` unless other ids were entered meanwhile."""
    suffix = f"-{words.pk}"
    held = {name: getattr(known, name) if known else "" for name in FACTS} | {
        "fields": " ".join(known.fields) if known else ""
    }
    row = {"template": words, "suffix": suffix, "reason": held["reason"], "row": held, "shown": held}
    if form is not None:
        shown = typed(form, suffix, SHOWN)
        if all(shown[name] == held[name] for name in ("code", "drill_code")):
            row |= {"row": typed(form, suffix), "shown": shown}
    return row
