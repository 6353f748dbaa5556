"""People, what they may do and how they are reached; machine keys; uploaded sheets."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from accounts.naming import in_language
from accounts.roles import Role


class User(AbstractUser):
    """A member of staff; one who never logs in has an unusable password."""

    staff_no = models.CharField(max_length=32, unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    job_title = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, default="zh-hans", choices=[("zh-hans", "中文"), ("en", "English")])
    time_zone = models.CharField(max_length=40, default="Asia/Shanghai")
    theme = models.CharField(
        max_length=5, default="auto", choices=[("auto", _("Auto")), ("light", _("Light")), ("dark", _("Dark"))]
    )

    # Raised to make every calendar address handed out so far worthless.
    calendar_serial = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def label(self) -> str:
        return in_language(self.name or self.username, self.name_en)


class RoleGrant(models.Model):
    """One role of one person, perhaps only for a region (GB/T 2260 prefix) or a warehouse (code)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=24, choices=Role)
    region_code = models.CharField(max_length=6, blank=True)
    warehouse_code = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role", "region_code", "warehouse_code"], name="one_grant_per_role_and_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class Channel(models.TextChoices):
    """Ways to reach a person."""

    IN_APP = "in_app", _("in-app")
    BOT = "bot", _("group robot")
    PUSH = "push", _("app push")
    WECHAT = "wechat", _("WeChat")
    SMS = "sms", _("SMS")
    VOICE = "voice", _("voice call")
    EMAIL = "email", _("e-mail")


class ContactPoint(models.Model):
    """An address of a person on a channel; the lowest `rank` is tried first. Personal data: never journalled."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_points")
    channel = models.CharField(max_length=16, choices=Channel)
    address = models.CharField(max_length=254)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["rank", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "channel", "address"], name="one_contact_point_per_address"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.channel}"

    @property
    def shown(self) -> str:
        """The address for a page; of a robot's webhook, which is a secret, only the host and the end."""
        if self.channel != Channel.BOT:
            return self.address
        webhook = self.address.partition("#")[0]
        return f"{webhook.split('/')[2]} ••••{webhook[-4:]}"


class ApiKey(models.Model):
    """A machine's key. Only its SHA-256 is kept; `prefix` lets people tell keys apart."""

    name = models.CharField(max_length=60, unique=True)
    role = models.CharField(max_length=24, choices=Role)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    # DRF's throttling and permission classes ask a principal for these two.
    is_authenticated = True
    is_active = True

    def __str__(self) -> str:
        return self.name


class ImportKind(models.TextChoices):
    """What a sheet holds."""

    STAFF = "staff", _("Staff")
    CONTACTS = "contacts", _("Contact points")
    ROSTER = "roster", _("Duty roster")


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", _("Waiting for confirmation")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


class ImportDraft(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """An uploaded sheet between its preview and its confirmation.

    `digest` is the SHA-256 of the file as it was sent. The file holds personal data: it is emptied as soon as the
    draft is applied or discarded, and the draft's counts remain.
    """

    kind = models.CharField(max_length=16, choices=ImportKind)
    state = FSMField(max_length=16, choices=ImportState, default=ImportState.PREVIEWED, protected=True)
    filename = models.CharField(max_length=120)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    created_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_by", "state"], name="draft_by_person")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=ImportState.PREVIEWED) | Q(content=b""), name="decided_draft_keeps_no_personal_data"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.filename}"

    @transition(field=state, source=ImportState.PREVIEWED, target=ImportState.APPLIED)
    def apply(self) -> None: ...

    @transition(field=state, source=ImportState.PREVIEWED, target=ImportState.DISCARDED)
    def discard(self) -> None: ...


class IdempotentCall(models.Model):
    """The answer to a creating call that came with an Idempotency-Key, kept for a week. `digest` is of the body."""

    actor = models.CharField(max_length=64)
    key = models.CharField(max_length=100)
    operation = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_at"], name="idempotent_call_by_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["actor", "key"], name="one_call_per_actor_and_key"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.operation}"
