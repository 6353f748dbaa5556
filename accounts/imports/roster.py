"""The duty roster: one row a person's turn on a post. A turn is known by post, region, rank and beginning."""

from __future__ import annotations

import itertools
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.imports.preview import Change, Column, Line, Preview, Row
from accounts.imports.reading import folded
from accounts.imports.staff import REGION
from accounts.models import Duty, User
from accounts.roles import RANK_LETTERS, Post, rank_name
from journal.clock import Now

COLUMNS = [
    Column("post", gettext_lazy("Post"), ("岗位", "值班岗位", "角色", "position"), True),
    Column(
        "staff_no", gettext_lazy("Staff number"), ("工号", "员工编号", "employee id", "employee no"), True, longest=32
    ),
    Column("name", gettext_lazy("Name"), ("姓名", "名字"), note=gettext_lazy("Only for reading; not imported.")),
    Column(
        "rank",
        gettext_lazy("Rank"),
        ("班次", "主备", "主班/备班", "顺位"),
        note=gettext_lazy("primary, A, B … I (or 0 to 9); primary when blank."),
    ),
    Column(
        "region_code",
        gettext_lazy("Region"),
        ("区域代码", "区域", "行政区划代码"),
        note=gettext_lazy("Region code (GB/T 2260); headquarters when blank."),
        longest=6,
    ),
    Column(
        "starts_at",
        gettext_lazy("From"),
        ("开始时间", "开始", "上班时间", "start"),
        True,
        note=gettext_lazy("Such as 2026-01-31 08:00, in your time zone."),
    ),
    Column("ends_at", gettext_lazy("Until"), ("结束时间", "结束", "下班时间", "end"), True),
]
RANKS = {"": 0, "0": 0, "primary": 0, "主班": 0, "主": 0, "主值": 0}
for rank, letter in enumerate(RANK_LETTERS, start=1):
    for word in (str(rank), letter, f"备班{letter}", f"候补{letter}", f"alternate{letter}", f"备{rank}"):
        RANKS[word.lower()] = rank


def rank_code(rank: int) -> str:
    """As a sheet has it, in either language: "primary", "A", …"""
    return RANK_LETTERS[rank - 1] if rank else "primary"


POST_CHINESE = {
    "总指挥": Post.COMMANDER,
    "副总指挥": Post.DEPUTY,
    "值班长": Post.DUTY_OFFICER,
    "运营调度组长": Post.OPERATIONS,
    "情报计划组长": Post.PLANNING,
    "物资后勤组长": Post.LOGISTICS,
    "财务赔付组长": Post.FINANCE,
    "新闻沟通官": Post.INFORMATION,
    "联络官": Post.LIAISON,
    "安全官": Post.SAFETY,
    "信息系统组长": Post.IT,
    "客服组长": Post.CUSTOMER_SERVICE,
    "仓储组长": Post.WAREHOUSING,
    "现场指挥": Post.SITE,
}
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
LONGEST_TURN_DAYS = 31

Slot = tuple[str, str, int]
Turn = tuple[datetime, datetime, str]


def plan(rows: list[Row], preview: Preview, by: Actor) -> None:
    people = {user.staff_no: user for user in User.objects.exclude(staff_no=None)}
    posts = post_names()
    duties: dict[tuple[str, str, int, datetime], Duty] = {}
    taken: dict[Slot, list[tuple[datetime, datetime, int, str]]] = {}
    for duty in Duty.objects.select_related("user"):
        duties[(duty.post, duty.region_code, duty.rank, duty.starts_at)] = duty
        if duty.rotation_id:
            continue  # a turn by hand goes before a rotation's, which is made again around it
        slot = (duty.post, duty.region_code, duty.rank)
        taken.setdefault(slot, []).append((duty.starts_at, duty.ends_at, duty.pk, str(duty.user)))
    seen: dict[tuple[str, str, int, datetime], int] = {}
    for row in rows:
        user = people.get(row["staff_no"])
        if user is None:
            row.fail("staff_no", _("Nobody has this staff number; import the staff first."))
        elif not user.is_active:
            row.fail("staff_no", _("This person is not active and cannot be called out; choose another."))
            continue
        post = posts.get(folded(row["post"]))
        if post is None:
            row.fail(
                "post", _("This is no post; write one of: %(known)s.") % {"known": ", ".join(map(str, Post.labels))}
            )
        rank = RANKS.get(folded(row["rank"]))
        if rank is None:
            row.fail("rank", _("Write primary, or a letter from A to I."))
        if row["region_code"] and not REGION.fullmatch(row["region_code"]):
            row.fail("region_code", _("Write a region code of 2, 4 or 6 digits."))
            continue
        starts_at, ends_at = moment(row, "starts_at"), moment(row, "ends_at")
        if user is None or post is None or rank is None or starts_at is None or ends_at is None:
            continue
        if ends_at <= starts_at:
            row.fail("ends_at", _("The turn must end after it begins."))
            continue
        if (ends_at - starts_at).days > LONGEST_TURN_DAYS:
            row.fail("ends_at", _("A turn lasts %(most)s days at most; check the date.") % {"most": LONGEST_TURN_DAYS})
            continue
        key = (post, row["region_code"], rank, starts_at)
        if key in seen:
            row.fail("starts_at", _("The same turn stands in row %(row)s.") % {"row": seen[key]})
            continue
        seen[key] = row.number
        old = duties.get(key)
        line = planned(row, key, ends_at, user, old)
        preview.lines.append(line)
        turns = taken.setdefault(key[:3], [])
        turns[:] = [turn for turn in turns if old is None or turn[2] != old.pk]
        turns.append((starts_at, ends_at, -row.number, str(user)))
    refuse_overlaps(rows, preview, taken)


def refuse_overlaps(
    rows: list[Row], preview: Preview, taken: dict[Slot, list[tuple[datetime, datetime, int, str]]]
) -> None:
    """Two people of the same rank on the same post at once: nobody would know whom to call first."""
    by_number = {row.number: row for row in rows}
    for turns in taken.values():
        turns.sort()
        for (_start, end, first, name), (start, _end, second, other) in itertools.pairwise(turns):
            if start >= end:
                continue
            # Blame the row of the sheet; where both are rows, the later one.
            number = -min(first, second)
            if number <= 0:
                continue
            who = other if -first == number else name
            text = _("%(name)s already holds this post in this rank then; change the times.") % {"name": who}
            by_number[number].fail("starts_at", text)


def planned(row: Row, key: tuple[str, str, int, datetime], ends_at: datetime, user: User, old: Duty | None) -> Line:
    post, region, rank, starts_at = key
    labels = {column.code: str(column.label) for column in COLUMNS}
    title = " · ".join(part for part in (str(Post(post).label), region, rank_name(rank), shown(starts_at)) if part)
    data = {
        "id": old.pk if old else None,
        "post": post,
        "region_code": region,
        "rank": rank,
        "user": user.pk,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }
    if old is None:
        created = (Change(labels["name"], "", str(user)), Change(labels["ends_at"], "", shown(ends_at)))
        return Line(row.number, "create", title, data, created)
    changes = []
    if old.user_id != user.pk:
        changes.append(Change(labels["name"], str(old.user), str(user)))
    if old.ends_at != ends_at:
        changes.append(Change(labels["ends_at"], shown(old.ends_at), shown(ends_at)))
    return Line(row.number, "change" if changes else "same", title, data, tuple(changes))


def shown(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def moment(row: Row, code: str) -> datetime | None:
    text = row[code].replace("/", "-").replace(".", "-").strip()
    for form in FORMATS:
        try:
            return timezone.make_aware(datetime.strptime(text, form))  # noqa: DTZ007
        except ValueError:
            continue
    row.fail(code, _("Write a date and time such as 2026-01-31 08:00."))
    return None


def post_names() -> dict[str, str]:
    names = {folded(chinese): str(post) for chinese, post in POST_CHINESE.items()}
    for post in Post:
        names[folded(post.value)] = names[folded(str(post.label))] = post.value
    return names


def apply(preview: Preview) -> list[int]:
    concerned = []
    for item in preview.lines:
        if item.action == "same":
            continue
        data = dict(item.data)
        pk, user_id = data.pop("id"), data.pop("user")
        for field in ("starts_at", "ends_at"):
            data[field] = datetime.fromisoformat(data[field])
        if pk is None:
            Duty.objects.create(user_id=user_id, **data)
        else:
            Duty.objects.filter(pk=pk).update(user_id=user_id, rotation=None, swap=None, **data)
        concerned.append(user_id)
    return list(dict.fromkeys(concerned))


def current() -> list[list[str]]:
    duties = Duty.objects.exclude(user__staff_no=None).filter(ends_at__gt=Now()).select_related("user")
    return [
        [
            *(
                duty.post,
                str(duty.user.staff_no),
                duty.user.name,
                RANK_LETTERS[duty.rank - 1] if duty.rank else "primary",
                duty.region_code,
            ),
            *(shown(duty.starts_at), shown(duty.ends_at)),
        ]
        for duty in duties.order_by("starts_at", "post", "region_code", "rank")
    ]
