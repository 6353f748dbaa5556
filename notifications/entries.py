"""How the register reads what notifications did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Channel
from journal.kinds import ids, register, register_names
from notifications.models import Batch, DisabledFor, Gateway, Kind, Review, Template, WebhookEndpoint
from notifications.operations.privacy import ViewReason

register(
    {
        "notice.queued": _("Message to %(to)s queued (%(template)s, %(channel)s)"),
        "notice.sent": _("Message to %(to)s handed to the gateway (%(channel)s)"),
        "notice.delivered": _("Message to %(to)s delivered (%(channel)s)"),
        "notice.failed": _("Message to %(to)s failed (%(channel)s, %(code)s)"),
        "notice.ambiguous": _("Nobody knows whether the message to %(to)s left (%(channel)s); the gateway is asked"),
        "notice.answered": _("%(to)s pressed “%(pressed)s” during the call"),
        "notice.batch_opened": _("Batch of notices opened (%(template)s)"),
        "notice.batch_launched": ngettext_lazy("%(total)s notice launched", "%(total)s notices launched", "total"),
        "notice.batch_paused": _("Notices paused"),
        "notice.batch_resumed": _("Notices resumed"),
        "notice.batch_cancelled": _("Notices cancelled"),
        "notice.first_sent": _("First notice handed to the gateway"),
        "notice.chunk_sent": ngettext_lazy(
            "%(sent)s notice handed to the gateway, %(failed)s failed, %(ambiguous)s unclear",
            "%(sent)s notices handed to the gateway, %(failed)s failed, %(ambiguous)s unclear",
            "sent",
        ),
        "notice.batch_finished": _("All notices out: %(sent)s sent, %(failed)s failed, %(ambiguous)s unclear"),
        "notice.resolved": ngettext_lazy(
            "%(asked)s unclear message cleared up with the gateway, still unclear: %(unclear)s",
            "%(asked)s unclear messages cleared up with the gateway, still unclear: %(unclear)s",
            "asked",
        ),
        "consent.recorded": ngettext_lazy(
            "%(count)s consent to WeChat notices recorded", "%(count)s consents to WeChat notices recorded", "count"
        ),
        "gateway.created": _("Gateway %(gateway)s added (%(channel)s)"),
        "gateway.changed": _("Gateway %(gateway)s changed (%(fields)s)"),
        "gateway.secret_set": _("Gateway %(gateway)s has a new secret"),
        "gateway.deleted": _("%(gateway)s deleted"),
        "gateway.tested": _("Test message sent through gateway %(gateway)s to %(to)s"),
        "gateway.out": _("Gateway %(gateway)s cannot send (%(channel)s, %(code)s)"),
        "gateway.back": _("Gateway %(gateway)s sends again (%(channel)s)"),
        "roster.gaps_found": ngettext_lazy(
            "Nobody on duty at %(count)s time of the coming week (%(posts)s); %(told)s told",
            "Nobody on duty at %(count)s times of the coming week (%(posts)s); %(told)s told",
            "count",
        ),
        "webhook.created": _("Webhook %(webhook)s created"),
        "webhook.changed": _("Webhook %(webhook)s changed (%(fields)s)"),
        "webhook.secret_rotated": ngettext_lazy(
            "Webhook %(webhook)s has a new secret; the old one is valid for %(hours)s hour",
            "Webhook %(webhook)s has a new secret; the old one is valid for %(hours)s hours",
            "hours",
        ),
        "webhook.disabled": ngettext_lazy(
            "Webhook %(webhook)s disabled: %(why)s; %(held)s delivery held",
            "Webhook %(webhook)s disabled: %(why)s; %(held)s deliveries held",
            "held",
        ),
        "webhook.enabled": ngettext_lazy(
            "Webhook %(webhook)s enabled again; %(sent)s held delivery is sent",
            "Webhook %(webhook)s enabled again; %(sent)s held deliveries are sent",
            "sent",
        ),
        "webhook.deleted": _("%(webhook)s deleted"),
        "webhook.tested": _("Test event sent to webhook %(webhook)s"),
        "webhook.replayed": ngettext_lazy(
            "%(count)s delivery of webhook %(webhook)s sent again",
            "%(count)s deliveries of webhook %(webhook)s sent again",
            "count",
        ),
        "message.unmasked": _("Whole address of message %(message)s looked at: %(reason)s"),
        "retention.changed": ngettext_lazy(
            "Messages keep personal data for %(days)s day", "Messages keep personal data for %(days)s days", "days"
        ),
        "retention.purged": ngettext_lazy(
            "Personal data of %(messages)s message wiped (kept days: %(days)s)",
            "Personal data of %(messages)s messages wiped (kept days: %(days)s)",
            "messages",
        ),
        "word.forbidden": _("Word “%(word)s” forbidden in templates"),
        "word.allowed": _("Word “%(word)s” allowed in templates again"),
        "template.written": _("Template %(code)s version %(version)s written (%(channel)s, %(language)s)"),
        "template.approved": _("Template %(code)s version %(version)s approved (%(channel)s, %(language)s)"),
        "template.registered": _("Template %(code)s version %(version)s is known to %(kind)s as %(id)s (%(language)s)"),
        "template.reviewed": _("%(kind)s on template %(code)s version %(version)s (%(language)s): %(verdict)s"),
        "template.retired": _("Template %(code)s version %(version)s retired (%(channel)s, %(language)s)"),
    }
)


def batch_names(keys: list[str]) -> dict[str, str]:
    return {str(batch.pk): f"#{batch.pk}" for batch in Batch.objects.filter(pk__in=ids(keys))}


def template_names(keys: list[str]) -> dict[str, str]:
    return {str(template.pk): template.label for template in Template.objects.filter(pk__in=ids(keys))}


def purpose_names(keys: list[str]) -> dict[str, str]:
    return {template.code: template.label for template in Template.objects.filter(code__in=keys)}


def channel_names(keys: list[str]) -> dict[str, str]:
    return {key: str(Channel(key).label) for key in keys if key in Channel.values}


def provider_names(keys: list[str]) -> dict[str, object]:
    """Who reports how a message fared."""
    names = {
        "aliyun": _("Aliyun (receipts)"),
        "tencent": _("Tencent Cloud (receipts)"),
        "wechat": _("WeChat (events)"),
        "push": _("App push (receipts)"),
    }
    return {key: names[key] for key in keys if key in names}


def gateway_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.label for row in Gateway.objects.filter(pk__in=ids(keys))}


register_names("gateway", gateway_names)
register_names("gateway_kind", lambda keys: {key: Kind(key).label for key in keys if key in Kind.values})
register_names("review", lambda keys: {key: Review(key).label for key in keys if key in Review.values})
register_names("batch", batch_names)
register_names("template", template_names)
register_names("purpose", purpose_names)
register_names("channel", channel_names)
register_names("provider", provider_names)
register_names(
    "webhook", lambda keys: {str(row.pk): row.description for row in WebhookEndpoint.objects.filter(pk__in=ids(keys))}
)
register_names("disabled_for", lambda keys: {key: DisabledFor(key).label for key in keys if key in DisabledFor.values})
register_names("view_reason", lambda keys: {key: ViewReason(key).label for key in keys if key in ViewReason.values})
