"""How far a notice is in each province: by the newest message of each person, on the map and in the list."""

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers import operations
from customers.models import NoticePlaces
from customers.operations.places import recount_places
from customers.queries import places
from customers.queries.places import places_of
from dispatch.models import Region
from dispatch.operations import freeze_affected
from dispatch.scope import Scope
from journal.queries import version
from tests.customers.conftest import REFERENCE
from tests.customers.sent import failed, sent, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafted(order, lane):
    """To three people of Zhejiang, one of whom has no number, and two of Shanghai."""
    Region.objects.create(code="310000", name="上海市", level="province")
    shanghai = Region.objects.create(code="310100", name="上海市区", level="city", parent_id="310000")
    order(1, email="one@example.com")
    order(2)
    order(3, phone="")
    order(4, region=shanghai)
    order(5, region=shanghai)
    freeze_affected(reference=REFERENCE, scope=Scope(regions=("33", "31")), by=SYSTEM)
    return operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)


@pytest.fixture
def launched(drafted):
    return operations.launch_notice(notice_id=drafted.pk, by=SYSTEM)


def figures(run):
    found = places_of(run).rows
    return [(row.zone, row.told, row.waiting, row.failed, row.unclear, row.unreachable) for row in found]


def test_the_newest_message_of_each_counts(launched):
    assert figures(launched) == [("330000", 0, 2, 0, 0, 1), ("310000", 0, 2, 0, 0, 0)]
    failed("13800000001")
    sent("13800000004")
    settle("13800000005", "ambiguous")
    assert figures(launched) == [("330000", 0, 1, 1, 0, 1), ("310000", 1, 0, 0, 1, 0)]
    operations.fall_back(notice_id=launched.pk)
    assert figures(launched)[0] == ("330000", 0, 2, 0, 0, 1)
    settle("one@example.com", "sent", "delivered")
    assert figures(launched)[0] == ("330000", 1, 1, 0, 0, 1)


def test_many_people_are_counted_by_a_worker(drafted, monkeypatch):
    monkeypatch.setattr(places, "MANY", 1)
    monkeypatch.setattr("customers.operations.places.MANY", 1)
    assert figures(drafted)[0] == ("330000", 0, 2, 0, 0, 1)
    run = operations.launch_notice(notice_id=drafted.pk, by=SYSTEM)
    before = version(f"notice:{run.pk}")
    assert figures(run) == []
    assert NoticePlaces.objects.get().due_at is not None
    recount_places(notice_id=run.pk)
    sent("13800000004")
    assert figures(run)[1] == ("310000", 0, 2, 0, 0, 0)
    assert version(f"notice:{run.pk}") != before
    kept = NoticePlaces.objects.get()
    assert (kept.due_at - kept.counted_at).total_seconds() >= 5
    operations.cancel_notice(notice_id=run.pk, by=SYSTEM)
    recount_places(notice_id=run.pk)
    assert NoticePlaces.objects.get().due_at is None


def test_the_page_has_a_list_and_the_map_the_same_figures(launched, client, make_user):
    client.force_login(make_user("kefu9", Role.CUSTOMER_SERVICE))
    failed("13800000001")
    answer = client.get(f"/notices/{launched.pk}/map/")
    zhejiang = answer.json()["places"]["330000"]
    assert (zhejiang["share"], zhejiang["bad"], len(zhejiang["lines"])) == (0.0, True, 4)
    assert client.get(f"/notices/{launched.pk}/map/", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    rows = client.get(f"/api/v1/notices/{launched.pk}/places").json()["rows"]
    assert [(row["zone"], row["failed"], row["unreachable"]) for row in rows] == [("330000", 1, 1), ("310000", 0, 0)]
    page = client.get(f"/notices/{launched.pk}/").content.decode()
    assert '<th scope="row">浙江省</th>' in page
    assert f'data-source="/notices/{launched.pk}/map/"' in page


def test_everybody_is_listed_over_rest_with_masked_addresses(launched, client, make_user):
    client.force_login(make_user("kefu9", Role.CUSTOMER_SERVICE))
    failed("13800000001")
    path = f"/api/v1/notices/{launched.pk}/people"
    everybody = client.get(path).json()
    assert sorted(len(row["messages"]) for row in everybody) == [0, 1, 1, 1, 1]
    assert "13800000001" not in str(everybody)
    rest = client.get(path, {"after": everybody[1]["id"], "limit": 2}).json()
    assert [row["id"] for row in rest] == [row["id"] for row in everybody[2:4]]
    (lost,) = client.get(path, {"show": "lost"}).json()
    assert (lost["zone"], lost["messages"][0]["code"]) == ("330000", "MK:0001")
    assert client.get(path, {"limit": "-1"}).status_code == 400
