"""Accounts at providers: through which gateway a channel's messages leave, and how much it takes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Channel
from accounts.naming import Named
from notifications.models.messages import Attempt, Message, Template


class Kind(models.TextChoices):
    """Whose protocol a gateway speaks."""

    ALIYUN_SMS = "aliyun_sms", _("Aliyun SMS")
    TENCENT_SMS = "tencent_sms", _("Tencent Cloud SMS")
    ALIYUN_VOICE = "aliyun_voice", _("Aliyun voice calls")
    SMTP = "smtp", _("Mail server (SMTP)")
    WECHAT_SUBSCRIPTION = "wechat_subscription", _("WeChat subscription notices")
    WECHAT_TEMPLATE = "wechat_template", _("WeChat template messages")
    PUSH = "push", _("App push over HTTP")
    ROBOT = "robot", _("Group robots")


CHANNEL_OF: dict[str, Channel] = {
    Kind.ALIYUN_SMS: Channel.SMS,
    Kind.TENCENT_SMS: Channel.SMS,
    Kind.ALIYUN_VOICE: Channel.VOICE,
    Kind.SMTP: Channel.EMAIL,
    Kind.WECHAT_SUBSCRIPTION: Channel.WECHAT,
    Kind.WECHAT_TEMPLATE: Channel.WECHAT,
    Kind.PUSH: Channel.PUSH,
    Kind.ROBOT: Channel.BOT,
}


class Gateway(Named):
    """One account at a provider. Of a channel's enabled gateways the one with the lowest `priority` sends; the next one
    takes over while it cannot (`out_until`, for `out_code`). A channel without a row uses the environment's.

    `sealed` is its secret, encrypted (notifications.sealing) and never shown. `app` is what a provider wants besides
    the key (Tencent: SdkAppId; calls: the words after a key), `sender` the From of a mail server or the number that
    calls show. Limits count messages; None is no limit of ours.
    `room_at` is when a full gateway takes the next message, `bulk_room_at` the next that is not urgent: both are
    written only where a limit is set.
    """

    kind = models.CharField(max_length=20, choices=Kind)
    channel = models.CharField(max_length=16, choices=Channel)
    url = models.CharField(max_length=300, blank=True)
    key_id = models.CharField(max_length=128, blank=True)
    app = models.CharField(max_length=64, blank=True)
    sealed = models.TextField(blank=True)
    secret_set_by = models.CharField(max_length=64, blank=True)
    secret_set_at = models.DateTimeField(null=True, blank=True)
    sign_name = models.CharField(max_length=40, blank=True)
    sender = models.CharField(max_length=200, blank=True)
    security = models.CharField(
        max_length=8, blank=True, choices=[("", _("none")), ("starttls", "STARTTLS"), ("ssl", "TLS")]
    )
    priority = models.PositiveSmallIntegerField(default=1)
    enabled = models.BooleanField(default=True)
    per_second = models.PositiveIntegerField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    per_number_day = models.PositiveSmallIntegerField(null=True, blank=True)
    batch_size = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    idempotent = models.BooleanField(default=False)
    out_until = models.DateTimeField(null=True, blank=True)
    out_code = models.CharField(max_length=64, blank=True)
    room_at = models.DateTimeField(null=True, blank=True)
    bulk_room_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["channel", "priority", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(idempotent=False) | Q(kind=Kind.PUSH), name="only_push_may_drop_repeats"
            ),
            models.CheckConstraint(
                condition=~Q(per_second=0) & ~Q(per_minute=0) & ~Q(per_number_day=0) & ~Q(batch_size=0),
                name="a_limit_lets_something_through",
            ),
        ]

    @property
    def metered(self) -> bool:
        """Whether it must be counted what goes through."""
        return bool(self.per_second or self.per_minute or self.per_number_day)


class NumberUse(models.Model):
    """When a gateway with a limit per number and day last sent to a number, known by a keyed digest only."""

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16)
    times = ArrayField(models.DateTimeField())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "digest"], name="one_row_per_gateway_and_number"),
        ]


class Review(models.TextChoices):
    """What a provider has said about our words."""

    SUBMITTED = "submitted", pgettext_lazy("registration", "being examined")
    APPROVED = "approved", pgettext_lazy("registration", "approved")
    REJECTED = "rejected", pgettext_lazy("registration", "rejected")


class Registration(models.Model):
    """By which id a kind of gateway knows the words of a template: plain, and with 【演练】 before them.

    `fields` are the provider's own names of the variables, in their order, where it has any (WeChat: thing1, time2).
    `state` and `drill_state` are what the provider has said about each of the two, with its `reason` for a no: only
    approved words are sent. A person records it, or the provider is asked: next at `ask_at`, none while null.
    """

    template = models.ForeignKey(Template, models.CASCADE, related_name="registrations")
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.CharField(max_length=64)
    drill_code = models.CharField(max_length=64, blank=True)
    fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    state = models.CharField(max_length=9, default=Review.SUBMITTED, choices=Review)
    drill_state = models.CharField(max_length=9, default=Review.SUBMITTED, choices=Review)
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "kind"], name="one_registration_per_template_and_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ask_at"], name="registration_to_ask", condition=Q(ask_at__isnull=False)),
        ]

    def sendable(self, *, drill: bool) -> str:
        """The id under which the provider sends the words now, "" without its approval."""
        code, state = (self.drill_code, self.drill_state) if drill else (self.code, self.state)
        return code if state == Review.APPROVED else ""


class Consent(models.Model):
    """A unit of WeChat's one-time subscription: `openid` agreed to one message by the provider's template `code`.

    It is used in the transaction that commits the call (`attempt`), and given back only when the call surely failed.
    """

    openid = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    source = models.CharField(max_length=80, unique=True)
    given_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    message = models.ForeignKey(Message, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    attempt = models.ForeignKey(Attempt, models.SET_NULL, null=True, related_name="consents")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["openid", "code", "id"], name="consent_left", condition=Q(used_at=None)),
        ]
