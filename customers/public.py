"""The page behind the link in a notice: no log-in, nothing personal in the address, nothing but the customer's own
orders on it, and it works without scripts on a slow phone.

Looking changes nothing (link scanners look, too); choosing is a POST. The link itself is the secret, so a form needs no
cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.naming import in_language
from customers import links, pace
from customers.assessment import Assessed, Verdict, assess_orders
from customers.models import (
    Choice,
    ChoiceKind,
    ChoiceState,
    ExemptSpan,
    Grant,
    NoticeRecipient,
    NoticeRun,
    NoticeState,
    Satisfaction,
    SurveyRound,
)
from customers.operations.choices import OPEN_ORDERS, choose
from customers.operations.policies import policy_in_force
from customers.operations.rules import care_rules
from customers.operations.survey import LONGEST_COMMENT, answer_survey
from customers.queries.customer import choices_of, grants_of, orders_of
from dispatch.models import Order, OrderState
from journal.clock import now
from journal.numbers import whole
from journal.refusal import Refusal

LANGUAGES = {"zh-hans", "en"}
OVER = {OrderState.DELIVERED, OrderState.CANCELLED}
SCORES = range(1, 6)
# A form of this page is a few hundred bytes.
LARGEST_FORM = 8_000


@dataclass(frozen=True)
class Shown:
    """An order as its customer sees it: where it is, what they chose and may choose, and what they get; the form is
    open and filled with what was just refused."""

    order: Order
    choice: Choice | None
    grant: Grant | None
    pay_days: int
    due: str
    answer: str
    kinds: list[str]
    ticked: str
    address: str
    opened: bool


@csrf_exempt  # The secret is the link itself: who holds it may choose, cookies or not.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest, token: str) -> HttpResponse:
    """What happened to the customer's orders, when they are expected now, and what the customer wants. 404 for a link
    that is not ours, 410 for one that is too old, 429 for one that is asked too often."""
    number = links.read_token(token, links.link_key(settings.SECRET_KEY)) if len(token) <= 32 else None
    who = str(number) if number else f"address {request.META.get('REMOTE_ADDR', '')}"
    rules = care_rules()
    slow = not pace.allow("page", who, rules.page_per_minute)
    recipients = NoticeRecipient.objects.select_related("notice").filter(notice__launched_at__isnull=False)
    recipient = recipients.filter(pk=number).first() if number and not slow else None
    chosen = request.GET.get("lang", "")
    language = chosen if chosen in LANGUAGES else recipient.language if recipient else settings.LANGUAGE_CODE
    with translation.override(language):
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        if slow:
            response = answer(request, "customers/no_link.html", {"why": "slow"}, 429)
            response["Retry-After"] = "60"
            return response
        if recipient is None:
            return answer(request, "customers/no_link.html", {"why": "unknown"}, 404)
        survey = SurveyRound.objects.filter(reference=recipient.reference).first()
        if is_over(recipient, survey, rules.link_days):
            return answer(request, "customers/no_link.html", {"why": "gone", "days": rules.link_days}, 410)
        refusal, code, tried = "", 200, QueryDict()
        if request.method == "POST":
            try:
                take(request, recipient)
            except Refusal as refused:
                refusal, code, tried = str(refused), refused.status, request.POST
            else:
                return redirect(f"{request.path}?lang={language}")
        context = context_of(recipient, survey, language, tried)
        return answer(request, "customers/status.html", {**context, "refusal": refusal}, code)


def is_over(recipient: NoticeRecipient, survey: SurveyRound | None, days: int) -> bool:
    """A link lives so many days after its notice, and at least as long as the survey."""
    moment, launched = now(), recipient.notice.launched_at
    if survey is not None and survey.closes_at is not None and moment < survey.closes_at:
        return False
    return launched is None or moment - launched > timedelta(days=days)


def take(request: HttpRequest, recipient: NoticeRecipient) -> None:
    """Do what one of the page's forms asks for. Raises what `choose` and `answer_survey` raise."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
        raise Refusal(_("That was too much text."))
    given = request.POST
    if "score" in given:
        answer_survey(
            recipient=recipient,
            score=whole(given["score"], digits=1) or 0,
            comment=given.get("comment", ""),
        )
        return
    choose(
        recipient=recipient,
        order_id=whole(given.get("order", "")) or 0,
        kind=given.get("kind", ""),
        address=given.get("address", ""),
    )


def context_of(
    recipient: NoticeRecipient, survey: SurveyRound | None, language: str, tried: QueryDict
) -> dict[str, Any]:
    """What the page shows. `tried`: what was just refused; its forms keep it."""
    newest = (
        NoticeRun.objects.filter(reference=recipient.reference, launched_at__isnull=False)
        .exclude(state=NoticeState.CANCELLED)
        .order_by("-launched_at")
        .first()
    )
    run = newest or recipient.notice
    orders = orders_of(recipient)
    waiting = [order for order in orders if order.state not in OVER]
    moment = now()
    arrived = any(order.state == OrderState.DELIVERED for order in orders)
    asked = (survey.closes_at > moment) if survey and survey.closes_at else (arrived and not waiting)
    satisfaction = Satisfaction.objects.filter(recipient_id=recipient.pk).first()
    said = satisfaction or Satisfaction()
    return {
        "run": run,
        "cause": run.cause_en if language == "en" else run.cause,
        "orders": shown(orders, recipient.reference, tried),
        "open": bool(waiting),
        "updated_at": moment,
        "drill": run.exercise is not None,
        "language": language,
        "other": "zh-hans" if language == "en" else "en",
        "survey": asked,
        "satisfaction": satisfaction,
        "score": whole(tried.get("score", ""), digits=1) or said.score,
        "comment": tried.get("comment", said.comment),
        "scores": SCORES,
        "longest_comment": LONGEST_COMMENT,
    }


def shown(orders: list[Order], reference: str, tried: QueryDict) -> list[Shown]:
    ids = [order.pk for order in orders]
    chosen = {choice.order_id: choice for choice in choices_of(ids, reference)}
    grants = {grant.order_id: grant for grant in grants_of(ids, reference)}
    try:
        assessed = assess_orders(policy_in_force(), reference, ids, now())
        bands = policy_in_force().content["bands"]
    except Refusal:
        assessed, bands = {}, []
    names = {band["code"]: in_language(band["name"], band["name_en"]) for band in bands}
    rows = []
    for order in orders:
        choice, grant, found = chosen.get(order.pk), grants.get(order.pk), assessed.get(order.pk)
        again = tried if tried.get("order") == str(order.pk) else QueryDict()
        promised = grant if grant is not None and grant.run.granted_at else None
        rows.append(
            Shown(
                order=order,
                choice=choice,
                grant=promised,
                pay_days=promised.run.policy.content["pay_days"] if promised else 0,
                due="" if promised or found is None else due_words(found, names),
                answer=answer_words(choice) if choice else "",
                kinds=kinds_of(order, choice, promised),
                ticked=again.get("kind") or (choice.kind if choice else ""),
                address=again.get("address", ""),
                opened=bool(again),
            )
        )
    return rows


def kinds_of(order: Order, choice: Choice | None, grant: Grant | None) -> list[str]:
    """What may be chosen now; nothing once somebody acted on the earlier choice."""
    if order.state == OrderState.CANCELLED or (choice and choice.state in {ChoiceState.TAKEN, ChoiceState.DONE}):
        return []
    kinds = [ChoiceKind.WAIT] if order.state != OrderState.DELIVERED else []
    kinds += [ChoiceKind.ADDRESS, ChoiceKind.REFUND] if order.state in OPEN_ORDERS else []
    return [str(kind) for kind in (kinds if grant else [*kinds, ChoiceKind.CLAIM])]


def due_words(found: Assessed, bands: dict[str, str]) -> str:
    """What the policy gives for this order as things stand, or why nothing; truly, in a sentence."""
    if found.verdict == Verdict.PAYABLE:
        return _("By our rules CNY %(amount)s is due as things stand: %(band)s.") % {
            "amount": found.amount,
            "band": bands.get(found.band, found.band),
        }
    if found.verdict == Verdict.EXEMPT:
        spans = ExemptSpan.objects.filter(pk__in=found.spans)
        why = "; ".join(f"{span.title} ({span.issuer}, {span.document})" for span in spans)
        return _("Nothing is due: the delay was beyond anybody's control. %(why)s") % {"why": why}
    if found.verdict == Verdict.EARLY:
        return _("Nothing is due yet: the delay is shorter than our rules ask for.")
    return ""


def answer_words(choice: Choice) -> str:
    """How a wish was answered; a refused claim says what the policy says."""
    if choice.answer.startswith("verdict:"):
        verdict = choice.answer.removeprefix("verdict:")
        return str(Verdict(verdict).label) if verdict in Verdict.values else ""
    return choice.answer


def answer(request: HttpRequest, template: str, context: dict[str, Any], code: int) -> HttpResponse:
    response = render(request, template, context, status=code)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
