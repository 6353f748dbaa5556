"""Sixty fictitious people, how to reach them and who is on duty, for a sample organisation.

Numbers are of the reserved-looking form +86 170 0000 nnnn and addresses end in `.example`, which is never delivered
(RFC 2606). The demo log-ins work only while the web server listens on the loopback address (`accounts.backends`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts.models import Channel, ContactPoint, Duty, RoleGrant, User
from accounts.roles import Post, Role
from journal.clock import now

DEMO_PASSWORD = "fenghuo-demo"
ROBOT = "https://oapi.dingtalk.com/robot/send?access_token=demo{number:016}secret#SECdemo{number:016}secret"
DEMO_LOGINS: dict[str, str] = {
    "commander": "incident commander 总指挥",
    "duty": "duty officer 值班长",
    "operations": "operations section chief 运营调度组长",
    "warehouse": "warehouse staff 仓储",
    "service": "customer service 客服",
    "drill": "drill manager 演练管理员",
    "auditor": "auditor 审计",
    "admin": "administrator 管理员",
}
STAFF = 60
WEEKS = 53

# username → name, English name, role, job title, the post whose primary this person always is
DEMO_PEOPLE: list[tuple[str, str, str, str, str, str]] = [
    ("commander", "李敏", "Li Min", Role.COMMANDER, "物流副总裁", Post.COMMANDER),
    ("duty", "张宁", "Zhang Ning", Role.DUTY_OFFICER, "值班长", Post.DUTY_OFFICER),
    ("operations", "王磊", "Wang Lei", Role.SECTION_CHIEF, "运营调度经理", Post.OPERATIONS),
    ("warehouse", "赵强", "Zhao Qiang", Role.WAREHOUSE, "仓储经理", Post.WAREHOUSING),
    ("service", "陈静", "Chen Jing", Role.CUSTOMER_SERVICE, "客服经理", Post.CUSTOMER_SERVICE),
    ("drill", "周平", "Zhou Ping", Role.DRILL_MANAGER, "应急管理主管", ""),
    ("auditor", "吴芳", "Wu Fang", Role.AUDITOR, "内审", ""),
    ("admin", "孙超", "Sun Chao", Role.ADMINISTRATOR, "系统管理员", ""),
]

SURNAMES = (
    "王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 赵Zhao 黄Huang 周Zhou 吴Wu 徐Xu 孙Sun 马Ma 朱Zhu 胡Hu 郭Guo 何He 林Lin"
)
GIVEN = "伟Wei 娜Na 军Jun 洋Yang 艳Yan 杰Jie 娟Juan 涛Tao 明Ming 霞Xia 刚Gang 婷Ting 辉Hui 玲Ling 鹏Peng 雪Xue 波Bo"

# post → role, job title; three people each who share it in weekly shifts
POSTS: dict[str, tuple[str, str]] = {
    Post.COMMANDER: (Role.COMMANDER, "运营总经理"),
    Post.DEPUTY: (Role.COMMANDER, "区域总监"),
    Post.DUTY_OFFICER: (Role.DUTY_OFFICER, "值班长"),
    Post.OPERATIONS: (Role.SECTION_CHIEF, "运营调度"),
    Post.PLANNING: (Role.SECTION_CHIEF, "情报计划"),
    Post.LOGISTICS: (Role.SECTION_CHIEF, "物资后勤"),
    Post.FINANCE: (Role.SECTION_CHIEF, "财务赔付"),
    Post.INFORMATION: (Role.CUSTOMER_SERVICE, "新闻沟通"),
    Post.LIAISON: (Role.SECTION_CHIEF, "政府与合作方联络"),
    Post.SAFETY: (Role.SECTION_CHIEF, "安全管理"),
    Post.IT: (Role.SECTION_CHIEF, "信息系统"),
    Post.CUSTOMER_SERVICE: (Role.CUSTOMER_SERVICE, "客服"),
    Post.WAREHOUSING: (Role.WAREHOUSE, "仓储"),
    Post.SITE: (Role.WAREHOUSE, "现场管理"),
}
# GB/T 2260 provinces with a site commanders' roster of their own, two people each
REGIONS = {"31": "上海", "33": "浙江", "44": "广东", "42": "湖北", "51": "四川"}


def load() -> None:
    """Enter the people, their contact points, roles and a year of weekly duty shifts."""
    from accounts.operations.filling import ensure_watch

    password = make_password(DEMO_PASSWORD if settings.LOOPBACK else None)
    names = people_names()
    rows: list[tuple[User, str]] = []  # user, role
    pools: dict[tuple[str, str], list[User]] = {}
    primary: dict[str, User] = {}

    def enter(username: str, names: tuple[str, str], *, role: str, title: str, hashed: str) -> User:
        name, name_en = names
        user = User(
            username=username,
            name=name,
            name_en=name_en,
            job_title=title,
            staff_no=f"S{len(rows) + 1:04d}",
            email=f"{username}@fenghuo.example",
            password=hashed,
            is_staff=role == Role.ADMINISTRATOR,
        )
        rows.append((user, role))
        return user

    def number() -> str:
        return f"s{len(rows) + 1:03d}"

    for username, name, name_en, role, title, post in DEMO_PEOPLE:
        user = enter(username, (name, name_en), role=role, title=title, hashed=password)
        if post:
            primary[post] = user
    closed = make_password(None)
    for post, (role, title) in POSTS.items():
        pools[post, ""] = [enter(number(), next(names), role=role, title=title, hashed=closed) for _ in range(3)]
    for code, place in REGIONS.items():
        title = f"{place}现场管理"
        pools[Post.SITE, code] = [
            enter(number(), next(names), role=Role.WAREHOUSE, title=title, hashed=closed) for _ in range(2)
        ]
    users = User.objects.bulk_create(user for user, _ in rows)
    assert len(users) == STAFF
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for user, role in rows)
    ContactPoint.objects.bulk_create(
        point
        for count, user in enumerate(users, start=1)
        for point in (
            ContactPoint(user=user, channel=Channel.SMS, address=f"+861700000{count:04d}", rank=0),
            ContactPoint(user=user, channel=Channel.EMAIL, address=user.email, rank=1),
        )
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(user=user, channel=Channel.BOT, address=ROBOT.format(number=count))
        for count, user in enumerate(users[: len(DEMO_PEOPLE)], start=1)
    )
    Duty.objects.bulk_create(roster(pools, primary), batch_size=2000)
    ensure_watch(now())


def people_names() -> Iterator[tuple[str, str]]:
    """Endless (name, English name) pairs, no two alike within the first 306."""
    surnames, given = SURNAMES.split(), GIVEN.split()
    for number in itertools.count():
        family, own = surnames[number % len(surnames)], given[(number + number // len(surnames)) % len(given)]
        yield family[0] + own[0], f"{family[1:]} {own[1:]}"


def roster(pools: dict[tuple[str, str], list[User]], primary: dict[str, User]) -> list[Duty]:
    """A year of weeks from last Monday on; the pool takes turns, a demo log-in stays primary of its post."""
    week = timedelta(weeks=1)
    first = monday_before(now())
    duties = []
    for (post, region), pool in pools.items():
        for number in range(WEEKS):
            shift = number % len(pool)
            people = pool[shift:] + pool[:shift]
            if region:
                people = [*people, pools[post, ""][number % 3]]
            elif post in primary:
                people = [primary[post], *people]
            starts_at = first + number * week
            duties += [
                Duty(post=post, region_code=region, user=user, rank=rank, starts_at=starts_at, ends_at=starts_at + week)
                for rank, user in enumerate(people[:3])
            ]
    return duties


def monday_before(at: datetime) -> datetime:
    return (at - timedelta(days=at.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
