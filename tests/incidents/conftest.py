"""A duty roster, and an incident to respond to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import user_actor
from accounts.models import ContactPoint, Duty, RoleGrant, User
from accounts.roles import Post, Role
from incidents import operations, systems
from incidents.models import MeasureJob
from journal import clock
from tests.dispatch.conftest import make_orders, network, order_row, send  # noqa: F401

CAST = {Post.COMMANDER: "李敏", Post.OPERATIONS: "王磊", Post.SITE: "赵刚", Post.PLANNING: "陈静"}


@pytest.fixture
def roster(db):
    """Every post has a primary and two alternates: roster["site"] → [user, user, user]. SMS for all, voice for none."""
    now = timezone.now()
    seats = [(post, rank) for post in Post.values for rank in range(3)]
    users = User.objects.bulk_create(
        User(username=f"{post}-{rank}", name=f"{CAST.get(post, post)}{rank or ''}", password="!")
        for post, rank in seats
    )
    people: dict[str, list[User]] = {post: [] for post in Post.values}
    grants, points, duties = [], [], []
    for number, ((post, rank), user) in enumerate(zip(seats, users, strict=True)):
        people[post].append(user)
        role = Role.COMMANDER if post == Post.COMMANDER else Role.SECTION_CHIEF
        grants.append(RoleGrant(user=user, role=role))
        points.append(ContactPoint(user=user, channel="sms", address=f"1390000{number:04}"))
        begin, end = now - timedelta(days=1), now + timedelta(days=400)
        duties.append(Duty(post=post, user=user, rank=rank, starts_at=begin, ends_at=end))
    RoleGrant.objects.bulk_create(grants)
    ContactPoint.objects.bulk_create(points)
    Duty.objects.bulk_create(duties)
    return people


@pytest.fixture
def duty_officer(make_user):
    return user_actor(make_user("zhang", Role.DUTY_OFFICER, name="张值班"))


@pytest.fixture
def report(duty_officer):
    """report(category="natural_disaster", …) → a fresh incident, reported by the duty officer."""

    def make(**fields):
        given = {"title": "台风利奇马 · 华东", "category": "natural_disaster", "site": "嘉兴分拨中心", **fields}
        return operations.report_incident(**{"by": duty_officer, **given})

    return make


@pytest.fixture
def running(report, duty_officer, roster):
    """running(level=3, …) → an incident with a response under way; everybody is on duty."""

    def make(level=3, by=duty_officer, indicators=None, **fields):
        figures = indicators or {4: {}, 3: {"cities": 1}, 2: {"cities": 3}, 1: {"provinces": 2}}[level]
        incident = report(indicators=figures, **fields)
        return operations.respond(incident_id=incident.pk, level=level, by=by)

    return make


@pytest.fixture
def work():
    """work(): do every job of a measure that is due, as a worker would."""

    def run(rounds: int = 30) -> int:
        done = 0
        for _ in range(rounds):
            due = [job.pk for job in MeasureJob.objects.filter(due_at__lte=clock.now(), lease_until=None)]
            if not due:
                break
            done += sum(systems.run_job(pk) for pk in due)
        return done

    return run


@pytest.fixture
def entries():
    """entries(incident) → the kinds of its journal, in order."""
    from journal.models import Entry

    def read(incident, kind: str | None = None):
        rows = Entry.objects.filter(subject=incident.reference).order_by("seq")
        if kind is not None:
            return list(rows.filter(kind=kind))
        return list(rows.values_list("kind", flat=True))

    return read
