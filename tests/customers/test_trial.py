"""A template tried on real people: their words, masked addresses, what is billed."""

import pytest

from accounts.models import User
from notifications.models import Template
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, chief, order):
    """page(order="A00001") → the panel as the chief sees it, of four frozen orders."""
    for number in range(1, 5):
        order(number, phone=f"1390000{number:04}")
    freeze(chief)
    client.force_login(User.objects.get(pk=chief.user_id))
    words = Template.objects.get(code="delay", channel="sms", language="zh-hans")
    return lambda **asked: client.get(f"/notices/words/{words.pk}/people/", asked).content.decode()


def test_three_of_a_frozen_set_or_one_order_read_it(page, client):
    three = page()
    assert [number for number in range(1, 5) if f"A0000{number}" in three] == [1, 2, 3]
    assert "139****0001" in three
    assert "13900000001" not in three
    one = page(order="A00004")
    assert ("A00004" in one, "A00001" in one) == (True, False)
    assert "【烽火配送】" in one
    assert "没有此订单" in page(order="B1")
    words = Template.objects.get(code="delay", channel="email", language="en")
    path = f"/api/v1/templates/{words.pk}/preview"
    assert [row["destination"] for row in client.get(path, {"reference": REFERENCE}).json()] == ["—"] * 3
    assert client.get(path, {"order": "A00002"}).json()[0]["text"].startswith("Order A00002")
