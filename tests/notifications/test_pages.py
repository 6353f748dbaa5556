"""Pages: masked numbers, one's own inbox, no change by GET."""

import pytest

from accounts.roles import Role
from notifications.masking import mask
from notifications.models import Message, Template

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, make_user):
    def log_in(*roles: str, name: str = "li"):
        client.force_login(make_user(name, *roles))
        return client

    return log_in


def test_it_masks_numbers(browser, texts):
    texts(1, destination="13812345678")
    page = browser(Role.COMMANDER).get("/notifications/messages/").content.decode()
    assert "138••••5678" in page
    assert "13812345678" not in page
    assert mask("li@example.test") == "l•••@example.test"


def test_it_shows_channels_and_templates(browser):
    client = browser(Role.COMMANDER)
    assert "call_out" in client.get("/notifications/").content.decode()
    assert client.get("/notifications/channels/").status_code == 200
    template = Template.objects.get(code="call_out", channel="sms", language="zh-hans")
    page = client.get(f"/notifications/templates/{template.pk}/").content.decode()
    assert "【演练】Ⅱ级响应" in page


def test_it_keeps_the_receipt_address_from_those_without_the_right(browser):
    assert "token=" not in browser(Role.COMMANDER).get("/notifications/").content.decode()
    assert "token=" in browser(Role.ADMINISTRATOR, name="admin").get("/notifications/").content.decode()


def test_it_writes_a_draft(browser):
    client = browser(Role.ADMINISTRATOR)
    template = Template.objects.get(code="recovery", channel="sms", language="zh-hans")
    answer = client.post(
        f"/notifications/templates/{template.pk}/write/", {"body": "${area}已恢复，订单${no}，${eta}。"}
    )
    assert answer.status_code == 302
    assert Template.objects.get(code="recovery", version=2).state == "draft"
    refused = client.post(f"/notifications/templates/{template.pk}/write/", {"body": "${password}"})
    assert refused.status_code == 422
    assert "${password}</textarea>" in refused.content.decode()


def test_the_inbox_is_one_s_own(browser, texts, make_user):
    client = browser(Role.COMMANDER)
    mine, other = client.get("/").wsgi_request.user, make_user("other")
    (message,) = texts(1, channel="in_app", destination="", user_id=mine.pk)
    texts(1, channel="in_app", destination="", user_id=other.pk, key="other:1")
    assert message.state == "delivered"
    page = client.get("/inbox/").content.decode()
    assert page.count("现场指挥到岗") == 1
    assert "1" in client.get("/inbox/bell/").content.decode()
    assert Message.objects.filter(read_at=None).count() == 2
    client.post("/inbox/read/", {"up_to": Message.objects.latest("pk").pk})
    assert list(Message.objects.filter(read_at=None).values_list("user_id", flat=True)) == [other.pk]
