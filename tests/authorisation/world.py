"""One of everything, so that a refusal is a refusal and not a thing that is not there."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from accounts.actors import SYSTEM, Actor, user_actor
from accounts.calendars import token_of as calendar_token
from accounts.models import ApiKey, ContactPoint, Duty, RoleGrant, User
from accounts.operations import RotationFacts, create_api_key, save_rotation, swap_duty
from accounts.roles import Post, Role
from alerts.operations import file_warning
from customers.operations import prepare_notice
from dispatch.operations import freeze_affected, request_reroute
from dispatch.scope import Scope
from drills.operations import start_drill
from incidents import defaults, operations
from incidents.links import token_of
from incidents.models import CallOut, Incident, Measure, Plan
from journal.clock import now
from notifications.models import Message, Template
from notifications.operations import GatewayFacts, WebhookFacts, create_gateway, create_webhook, try_webhook
from tests.alerts.conftest import cap
from tests.authorisation.care_world import build_care, care_arguments, care_prefixes
from tests.customers.conftest import build_network, place_order

WECHAT = {"kind": "wechat_template", "name": "公众号", "key_id": "wx1"}
REGIONS = {"regions": ["330000"]}


def build() -> SimpleNamespace:
    """A small network, an incident under way with what hangs on it, and one person and one key of each role."""
    lane = build_network()
    defaults.load()
    people = {role: person(role) for role in Role.values}
    boss = user_actor(people[Role.ADMINISTRATOR])
    begin, end = now() - timedelta(days=1), now() + timedelta(days=30)
    other = User.objects.create(username="called", name="被召", password="!")
    Duty.objects.bulk_create(Duty(post=post, user=other, starts_at=begin, ends_at=end) for post in Post.values)
    keys = {role: create_api_key(name=f"matrix {role}", role=role, by=SYSTEM)[1] for role in Role.values}
    order = place_order(lane, 1)
    incident = respond(boss)
    freeze_affected(reference=incident.reference, scope=Scope(regions=("33",)), by=boss)
    notice = prepare_notice(reference=incident.reference, template="delay", by=boss)
    affected = freeze_affected(reference=incident.reference, scope=Scope(regions=("33",)), by=boss)
    reroute = request_reroute(reference=incident.reference, affected_set_id=affected.pk, by=boss)
    warning = file_warning(xml=cap(), by=boss)
    drill = start_drill(
        by=boss, plan_id=Plan.objects.filter(state="approved").order_by("pk")[0].pk, scope=REGIONS, factor=60
    )
    call = CallOut.objects.filter(incident=incident).order_by("pk")[0]
    facts = RotationFacts(
        name="轮班", post="it", people=[people[Role.WAREHOUSE].pk], rank=7, starts_on=date(2026, 1, 5)
    )
    rotation = save_rotation(facts=facts, by=boss)
    start = now() + timedelta(days=1)
    span = {"starts_at": start, "ends_at": start + timedelta(days=1)}
    swap = swap_duty(post="it", rank=7, user_id=people[Role.COMMANDER].pk, by=boss, **span)
    contact = ContactPoint.objects.create(user=other, channel="email", address="x@fenghuo.example")
    facts = WebhookFacts(url="https://oms.example.com/hook", description="订单系统")
    hook, _secret = create_webhook(facts=facts, by=boss)
    delivery = try_webhook(endpoint_id=hook.pk, by=boss)
    message = Message.objects.create(
        key="matrix", template=Template.objects.order_by("pk")[0], channel="sms", destination="1", queued_at=now()
    )
    gateway = create_gateway(facts=GatewayFacts(**WECHAT), secret="s", by=boss)
    return SimpleNamespace(
        people=people,
        keys=keys,
        boss=boss,
        other=other,
        incident=incident,
        order=order,
        notice=notice,
        reroute=reroute,
        warning=warning,
        drill=drill,
        call=call,
        lane=lane,
        rotation=rotation,
        swap=swap,
        contact=contact,
        hook=hook,
        delivery=delivery,
        message=message,
        care=build_care(boss, incident, order),
        gateway=gateway,
    )


def person(role: str) -> User:
    user = User.objects.create(username=f"matrix-{role}", name=role, password="!")
    RoleGrant.objects.create(user=user, role=role)
    return user


def respond(by: Actor) -> Incident:
    incident = operations.report_incident(title="台风", category="natural_disaster", site="嘉兴", scope=REGIONS, by=by)
    operations.grade_incident(incident_id=incident.pk, by=by)
    return operations.respond(incident_id=incident.pk, level=2, by=by)


def arguments(world: SimpleNamespace) -> dict[str, dict[str, Any]]:
    """What to put into an address, by route; `*` holds what is the same for all that have an argument of that name."""
    measure = Measure.objects.filter(incident=world.incident, kind="checklist", due_at__isnull=False).first()
    plan = Plan.objects.order_by("pk")[0]
    template = Template.objects.order_by("pk")[0]
    found: dict[str, dict[str, Any]] = {
        "*": {
            "reference": world.incident.reference,
            "topic": world.incident.reference,
            "incident_id": world.incident.pk,
            "measure_id": measure.pk,
            "call_out_id": world.call.pk,
            "plan_id": plan.pk,
            "other_id": plan.pk,
            "other": plan.pk,
            "pk": world.incident.pk,
            "number": 1,
            "step": "pause",
            "external_id": "A1",
            "post": "operations",
            "area": "levels",
            "kind": "staff",
            "key": "W01",
            "name": "warehouse:W01",
        },
    }
    by_prefix = {
        "alert_": world.warning.pk,
        "api_key_": ApiKey.objects.order_by("pk")[0].pk,
        "api_message": world.message.pk,
        "message": world.message.pk,
        "api_notice": world.notice.pk,
        "affected": world.reroute.affected_set_id,
        "api_affected": world.reroute.affected_set_id,
        "api_reroute": world.reroute.pk,
        "api_wave": world.reroute.pk,
        "assignments_excel": world.reroute.pk,
        "proposals_excel": world.reroute.pk,
        "detours_excel": world.reroute.pk,
        "waves_excel": world.reroute.pk,
        "wave_step": world.reroute.pk,
        "run_step": world.reroute.pk,
        "api_rotation": world.rotation.pk,
        "api_swap": world.swap.pk,
        "notice": world.notice.pk,
        "reroute": world.reroute.pk,
        "rotation_": world.rotation.pk,
        "swap_": world.swap.pk,
        "drill": world.drill.pk,
        "measure_": measure.pk,
        "callout_step": world.call.pk,
        "plan_": plan.pk,
        "template": template.pk,
        "api_template": template.pk,
        "person": world.other.pk,
        "contact_add": world.other.pk,
        "contact_remove": world.contact.pk,
        "order": world.order.pk,
        "lane_state": world.lane.pk,
        "api_webhook": world.hook.pk,
        "api_webhook_delivery_replay": world.delivery.pk,
        "webhook": world.hook.pk,
        "api_gateway": world.gateway.pk,
        "gateway": world.gateway.pk,
        "webhook_replay_one": world.delivery.pk,
        "handover_panel": world.reroute.pk,
    }
    found["prefix"] = by_prefix | care_prefixes(world.care)
    found |= care_arguments(world.care) | {
        "network_parts": {"kind": "warehouse"},
        "part_add": {"kind": "warehouse"},
        "part_change": {"kind": "warehouse"},
        "part_restore": {"kind": "warehouse"},
        "part_retire": {"kind": "warehouse"},
        "part_retired": {"kind": "warehouse"},
        "network_limit": {"kind": "warehouse"},
        "network_unlimit": {"kind": "warehouse"},
        "callout_step": {"action": "acknowledge"},
        "incident_step": {"action": "raise"},
        "measure_step": {"action": "complete"},
        "seat_change": {"action": "take-over"},
        "legal_step": {"code": "network_blocked"},
        "check_step": {"code": "x"},
        "plan_step": {"action": "retire"},
        "plan_section": {"section": "facts"},
        "notice_step": {"step": "cancel"},
        "webhook_step": {"step": "disable"},
        "gateway_new": {"kind": "push"},
        "gateway_step": {"step": "test"},
        "template_register": {"kind": "aliyun_sms"},
        "template_ask": {"kind": "aliyun_sms"},
        "api_template_provider": {"kind": "aliyun_sms"},
        "api_template_provider_ask": {"kind": "aliyun_sms"},
        "calendar_feed": {"token": calendar_token(world.people[Role.COMMANDER])},
        "callout_link": {"token": token_of(world.call.pk)},
        "api_order": {"external_id": world.order.external_id},
    }
    return found
