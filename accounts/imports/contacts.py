"""Contact points: one row an address. Rows that are absent are left alone."""

from __future__ import annotations

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.bots import robot_of
from accounts.imports.preview import Change, Column, Line, Preview, Row
from accounts.imports.reading import folded
from accounts.models import Channel, ContactPoint, User

COLUMNS = [
    Column(
        "staff_no", gettext_lazy("Staff number"), ("工号", "员工编号", "employee id", "employee no"), True, longest=32
    ),
    Column("name", gettext_lazy("Name"), ("姓名", "名字"), note=gettext_lazy("Only for reading; not imported.")),
    Column(
        "channel",
        gettext_lazy("Channel"),
        ("渠道", "通道", "方式", "联系方式"),
        True,
        note=gettext_lazy("sms, voice or email"),
    ),
    Column(
        "address",
        gettext_lazy("Address"),
        ("地址", "号码", "联系地址", "number", "contact"),
        True,
        note=gettext_lazy("Telephone number (with +country code outside China) or e-mail address."),
        free_text=False,
        longest=254,
    ),
    Column(
        "rank",
        gettext_lazy("Sequence"),
        ("顺序", "次序", "优先级", "priority"),
        note=gettext_lazy("0 is tried first; 0 when blank."),
    ),
]
# How an app's push service and a WeChat official account call a person: device token and openid.
TOKENS: dict[str, re.Pattern[str]] = {
    Channel.PUSH: re.compile(r"[\x21-\x7e]{8,254}"),
    Channel.WECHAT: re.compile(r"[0-9A-Za-z_-]{16,64}"),
}
CHANNELS = {
    **{channel.value: channel.value for channel in Channel if channel != Channel.IN_APP},
    "短信": "sms",
    "手机": "sms",
    "手机号": "sms",
    "mobile": "sms",
    "text": "sms",
    "语音": "voice",
    "电话": "voice",
    "phone": "voice",
    "call": "voice",
    "邮箱": "email",
    "邮件": "email",
    "电子邮件": "email",
    "e-mail": "email",
    "mail": "email",
}
HIGHEST_RANK = 9


def plan(rows: list[Row], preview: Preview, by: Actor) -> None:
    people = {user.staff_no: user for user in User.objects.exclude(staff_no=None)}
    points = {(point.user_id, point.channel, point.address): point for point in ContactPoint.objects.all()}
    seen: dict[tuple[int, str, str], int] = {}
    for row in rows:
        user = people.get(row["staff_no"])
        if user is None:
            row.fail("staff_no", _("Nobody has this staff number; import the staff first."))
        channel = CHANNELS.get(folded(row["channel"])) or CHANNELS.get(row["channel"].casefold())
        if channel is None:
            row.fail("channel", _("Write one of: %(known)s.") % {"known": "sms, voice, email, bot"})
        address = checked_address(row, channel) if channel else ""
        rank = checked_rank(row)
        if user is None or not channel or not address or rank is None:
            continue
        key = (user.pk, channel, address)
        if key in seen:
            row.fail("address", _("The same contact point stands in row %(row)s.") % {"row": seen[key]})
            continue
        seen[key] = row.number
        point = points.get(key)
        data = {"id": point.pk if point else None, "user": user.pk, "channel": channel, "address": address}
        changes: tuple[Change, ...] = ()
        if point is None:
            changes = (Change(str(Channel(channel).label), "", address),)
        elif point.rank != rank:
            changes = (Change(str(COLUMNS[-1].label), str(point.rank), str(rank)),)
        action = "create" if point is None else "change" if changes else "same"
        title = f"{user.name or user.username} ({row['staff_no']})"
        preview.lines.append(Line(row.number, action, title, {**data, "rank": rank}, changes))  # type: ignore[arg-type]


def checked_rank(row: Row) -> int | None:
    text = row["rank"] or "0"
    if not (text.isascii() and text.isdigit()) or int(text) > HIGHEST_RANK:
        row.fail("rank", _("Write a whole number from 0 to %(most)s.") % {"most": HIGHEST_RANK})
        return None
    return int(text)


def checked_address(row: Row, channel: str) -> str:
    try:
        return normal_address(channel, row["address"])
    except ValidationError as error:
        row.fail("address", error.messages[0])
        return ""


def normal_address(channel: str, text: str) -> str:
    """An address in the one form that is stored: E.164 for telephones, lower-case domain for e-mail; a robot's
    webhook, a device token and an openid as they are.

    Raises ValidationError with what to do.
    """
    if channel == Channel.EMAIL:
        try:
            validate_email(text)
        except ValidationError:
            raise ValidationError(_("This is no e-mail address; write one such as name@example.com.")) from None
        local, _at, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
    if channel == Channel.BOT:
        try:
            robot_of(text)
        except ValueError:
            raise ValidationError(
                _(
                    "Paste the webhook of a robot of DingTalk, Feishu or WeCom, with # and its secret if it has one, or"
                    " the address of ServerChan or PushPlus with your key."
                )
            ) from None
        return text
    if channel in TOKENS:
        if not TOKENS[channel].fullmatch(text):
            raise ValidationError(_("Paste the address as the app or the official account knows this person."))
        return text
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(_("This is no telephone number; write one such as 13800138000 or +85221234567."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def apply(preview: Preview) -> list[int]:
    concerned = []
    for item in preview.lines:
        if item.action == "same":
            continue
        data = item.data
        if item.action == "create":
            ContactPoint.objects.create(
                user_id=data["user"], channel=data["channel"], address=data["address"], rank=data["rank"]
            )
        else:
            ContactPoint.objects.filter(pk=data["id"]).update(rank=data["rank"])
        concerned.append(data["user"])
    return list(dict.fromkeys(concerned))


def current() -> list[list[str]]:
    points = ContactPoint.objects.exclude(user__staff_no=None).select_related("user")
    return [
        [str(point.user.staff_no), point.user.name, point.channel, point.address, str(point.rank)]
        for point in points.order_by("user__staff_no", "rank", "id")
        if point.channel != Channel.IN_APP
    ]
