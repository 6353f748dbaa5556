"""Staff: one row a person, known by the staff number. A blank cell leaves things as they are, “-” empties them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.imports.preview import Change, Column, Line, Preview, Row
from accounts.imports.reading import CLEAR, folded
from accounts.models import RoleGrant, User
from accounts.roles import Permission, Role, permissions_of

COLUMNS = [
    Column(
        "staff_no", gettext_lazy("Staff number"), ("工号", "员工编号", "employee id", "employee no"), True, longest=32
    ),
    Column("name", gettext_lazy("Name"), ("姓名", "名字", "full name"), True),
    Column("name_en", gettext_lazy("Name in English"), ("英文名", "英文姓名", "english name")),
    Column("job_title", gettext_lazy("Job title"), ("职务", "岗位", "职位", "title", "position")),
    Column(
        "username",
        gettext_lazy("User name"),
        ("用户名", "登录名", "账号", "login"),
        note=gettext_lazy("For logging in; the staff number when blank."),
        longest=150,
    ),
    Column(
        "roles",
        gettext_lazy("Roles"),
        ("角色", "role"),
        note=gettext_lazy("Several with “;” between them. They replace the roles that the person has now."),
        longest=300,
    ),
    Column(
        "region_code",
        gettext_lazy("Only in region"),
        ("区域代码", "区域", "行政区划代码", "region"),
        note=gettext_lazy("Region code (GB/T 2260), 2, 4 or 6 digits; everywhere when blank."),
        longest=6,
    ),
    Column(
        "warehouse_code",
        gettext_lazy("Only in warehouse"),
        ("仓库代码", "仓库", "warehouse"),
        note=gettext_lazy("Warehouse code; all warehouses when blank."),
        longest=32,
    ),
    Column(
        "language",
        gettext_lazy("Language"),
        ("语言",),
        note=gettext_lazy("zh-hans or en"),
    ),
    Column("time_zone", gettext_lazy("Time zone"), ("时区",), note=gettext_lazy("Such as Asia/Shanghai")),
    Column(
        "active",
        gettext_lazy("Active"),
        ("在职", "启用", "状态"),
        note=gettext_lazy("yes or no; someone who is not active can neither log in nor be called out."),
    ),
]
TEXTS = ("name", "name_en", "job_title")
LANGUAGES = {"zh-hans": "zh-hans", "zh": "zh-hans", "中文": "zh-hans", "en": "en", "english": "en", "英文": "en"}
YES = {"yes", "y", "true", "1", "是", "在职", "启用", "active"}
NO = {"no", "n", "false", "0", "否", "离职", "停用", "inactive"}
REGION = re.compile(r"\d{2}(\d{2}){0,2}")
WAREHOUSE = re.compile(r"[A-Za-z0-9_\-]{1,32}")
USERNAME = re.compile(r"[\w.@+\-]{1,150}")
ROLE_CHINESE = {
    "指挥长": Role.COMMANDER,
    "事件指挥": Role.COMMANDER,
    "总指挥": Role.COMMANDER,
    "值班长": Role.DUTY_OFFICER,
    "组长": Role.SECTION_CHIEF,
    "仓储": Role.WAREHOUSE,
    "客服": Role.CUSTOMER_SERVICE,
    "演练管理员": Role.DRILL_MANAGER,
    "审计员": Role.AUDITOR,
    "管理员": Role.ADMINISTRATOR,
}

Grant = tuple[str, str, str]


def plan(rows: list[Row], preview: Preview, by: Actor) -> None:
    """Fill `preview` with what each row would do. An actor's own log-in cannot be taken away by the actor."""
    people = {user.staff_no: user for user in User.objects.exclude(staff_no=None).prefetch_related("grants")}
    owners = {username.casefold(): pk for pk, username in User.objects.values_list("pk", "username")}
    seen: dict[str, int] = {}
    for row in rows:
        staff_no = row["staff_no"]
        if staff_no in seen:
            row.fail("staff_no", _("The same staff number stands in row %(row)s.") % {"row": seen[staff_no]})
            continue
        seen[staff_no] = row.number
        before = len(preview.errors)
        user = people.get(staff_no)
        data = values(row, user)
        check_username(row, data, user, owners)
        if user is not None and by.user_id == user.pk:
            refuse_own_lock_out(row, data, user)
        if len(preview.errors) > before:
            continue
        if "username" in data:
            owners[str(data["username"]).casefold()] = user.pk if user else -row.number
        preview.lines.append(line(row, user, data))


def values(row: Row, user: User | None) -> dict[str, Any]:
    """What the row says, cell by cell; faults are noted on the row."""
    data: dict[str, Any] = {}
    for code in TEXTS:
        if row[code]:
            data[code] = "" if row[code] == CLEAR and code != "name" else row[code]
    if row["username"] or user is None:
        data["username"] = row["username"] or row["staff_no"]
    if row["language"]:
        language = LANGUAGES.get(row["language"].casefold())
        if language is None:
            row.fail("language", _("Write one of: %(known)s.") % {"known": ", ".join(dict(settings.LANGUAGES))})
        data["language"] = language
    if row["time_zone"]:
        if row["time_zone"] not in zoneinfo.available_timezones():
            row.fail("time_zone", _("This time zone is unknown; write one such as Asia/Shanghai."))
        data["time_zone"] = row["time_zone"]
    if row["active"]:
        word = row["active"].casefold()
        if word not in YES | NO:
            row.fail("active", _("Write yes or no."))
        data["is_active"] = word in YES
    if row["roles"]:
        data["grants"] = grants(row)
    elif row["region_code"] or row["warehouse_code"]:
        row.fail("roles", _("Name the roles that are limited to this region or warehouse."))
    return data


def grants(row: Row) -> list[Grant]:
    region, warehouse = row["region_code"], row["warehouse_code"]
    if region and not REGION.fullmatch(region):
        row.fail("region_code", _("Write a region code of 2, 4 or 6 digits."))
    if warehouse and not WAREHOUSE.fullmatch(warehouse):
        row.fail("warehouse_code", _("Write a warehouse code: letters, digits, “-” and “_”."))
    if row["roles"] == CLEAR:
        return []
    known = role_names()
    found = set()
    for word in re.split(r"[;；,，、|/]", row["roles"]):
        if not word.strip():
            continue
        role = known.get(folded(word))
        if role is None:
            names = ", ".join(str(label) for label in Role.labels)
            row.fail("roles", _("“%(word)s” is no role. Known: %(known)s.") % {"word": word.strip(), "known": names})
        else:
            found.add((role, region, warehouse))
    return sorted(found)


def role_names() -> dict[str, str]:
    names = {folded(chinese): str(role) for chinese, role in ROLE_CHINESE.items()}
    for role in Role:
        names[folded(role.value)] = names[folded(str(role.label))] = role.value
    return names


def check_username(row: Row, data: dict[str, Any], user: User | None, owners: dict[str, int]) -> None:
    username = data.get("username")
    if username is None:
        return
    code = "username" if row["username"] else "staff_no"
    if not USERNAME.fullmatch(username):
        row.fail(code, _("A user name holds letters, digits and @ . + - _ only."))
    owner = owners.get(username.casefold())
    if owner is not None and (user is None or owner != user.pk):
        row.fail(code, _("The user name %(name)s is somebody else's; choose another.") % {"name": username})


def refuse_own_lock_out(row: Row, data: dict[str, Any], user: User) -> None:
    if data.get("is_active") is False:
        row.fail("active", _("You cannot switch off your own log-in; ask another administrator."))
    if "grants" in data and not user.is_superuser:
        kept = permissions_of({role for role, region, warehouse in data["grants"]})
        if Permission.MANAGE_ACCOUNTS not in kept:
            row.fail("roles", _("You cannot take your own administrator role away; ask another administrator."))


def line(row: Row, user: User | None, data: dict[str, Any]) -> Line:
    title = f"{data.get('name') or (user and user.name)} ({row['staff_no']})"
    columns = {column.code: str(column.label) for column in COLUMNS}
    columns["is_active"] = columns.pop("active")
    changes = []
    for field, new in data.items():
        if field == "grants":
            old: object = sorted(current_grants(user)) if user else []
            shown = (columns["roles"], show_grants(old), show_grants(new))  # type: ignore[arg-type]
        else:
            old = getattr(user, field) if user else ""
            shown = (columns[field], show(old), show(new))
        if user is None or old != new:
            changes.append(Change(*shown))
    full = {"staff_no": row["staff_no"], "id": user.pk if user else None, **data}
    if user is None:
        return Line(row.number, "create", title, full, tuple(changes))
    return Line(row.number, "change" if changes else "same", title, full, tuple(changes))


def current_grants(user: User) -> set[Grant]:
    return {(grant.role, grant.region_code, grant.warehouse_code) for grant in user.grants.all()}


def show(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def show_grants(found: Iterable[Grant]) -> str:
    texts = []
    for role, region, warehouse in found:
        scope = " ".join(code for code in (region, warehouse) if code)
        texts.append(f"{Role(role).label} ({scope})" if scope else str(Role(role).label))
    return "、".join(texts)


def apply(preview: Preview) -> list[int]:
    concerned = []
    for item in preview.lines:
        if item.action == "same":
            continue
        data = dict(item.data)
        granted = data.pop("grants", None)
        pk, staff_no = data.pop("id"), data.pop("staff_no")
        if pk is None:
            user = User(staff_no=staff_no, **data)
            user.set_unusable_password()
            user.save()
        else:
            user = User.objects.select_for_update().get(pk=pk)
            for field, value in data.items():
                setattr(user, field, value)
            user.save(update_fields=list(data) or ["name"])
        if granted is not None:
            replace_grants(user, [tuple(grant) for grant in granted])
        concerned.append(user.pk)
    return concerned


def replace_grants(user: User, wanted: Iterable[tuple[str, ...]]) -> None:
    """Make these (role, region, warehouse) the person's only grants."""
    user.grants.all().delete()
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(user=user, role=role, region_code=region, warehouse_code=warehouse)
            for role, region, warehouse in sorted(set(wanted))
        ]
    )


def current() -> list[list[str]]:
    rows = []
    for user in User.objects.exclude(staff_no=None).order_by("staff_no").prefetch_related("grants"):
        held = sorted(current_grants(user))
        scopes = {(region, warehouse) for _role, region, warehouse in held}
        # Roles with different scopes do not fit one row: leave them blank, which changes nothing.
        one = len(scopes) == 1
        region, warehouse = next(iter(scopes)) if one else ("", "")
        roles = ";".join(role for role, _region, _warehouse in held) if one else ""
        rows.append(
            [
                *(str(user.staff_no), user.name, user.name_en, user.job_title, user.username, roles),
                *(region, warehouse, user.language, user.time_zone, "yes" if user.is_active else "no"),
            ]
        )
    return rows
