from datetime import date, timedelta
from itertools import count

import pytest
from django.utils import timezone

from accounts.models import Duty
from accounts.operations import RotationFacts, save_rotation
from accounts.roles import Post
from journal.clock import now


@pytest.fixture
def people(make_user):
    """Five members of staff without any role."""
    return [make_user(f"p{number}", name=name) for number, name in enumerate("甲乙丙丁戊")]


@pytest.fixture
def today(db) -> date:
    return timezone.localtime(now()).date()


@pytest.fixture
def make_rotation(administrator, people, today):
    """make_rotation(people=[…], length=…) → a saved rotation of the safety officer, begun yesterday, weekly."""
    numbers = count(1)

    def make(rotation_id=None, expected_version=None, by=administrator, **facts):
        fields = {"name": f"安全官{next(numbers)}", "post": Post.SAFETY, "starts_on": today - timedelta(days=1)}
        fields["people"] = [person.pk for person in people[:3]]
        return save_rotation(
            facts=RotationFacts(**{**fields, **facts}),
            rotation_id=rotation_id,
            expected_version=expected_version,
            by=by,
        )

    return make


@pytest.fixture
def duties():
    """duties() → the safety officer's turns as (name, start, end, source), in order."""

    def rows(**wanted):
        found = Duty.objects.filter(**{"post": Post.SAFETY, **wanted}).select_related("user").order_by("starts_at")
        return [(row.user.name, row.starts_at, row.ends_at, row.source) for row in found]

    return rows
