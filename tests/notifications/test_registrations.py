"""What the providers say of our words: recorded or asked for, and what it blocks."""

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from journal.models import Entry
from notifications import operations
from notifications.due import hint_words
from notifications.matrix import Row, matrix
from notifications.models import Registration, Review, Template
from notifications.operations.registrations import BadRegistration, CannotAsk, ask_about
from notifications.queries import current_template, current_templates
from tests.notifications.providers import ALIYUN, TENCENT, WECHAT

pytestmark = pytest.mark.django_db


@pytest.fixture
def words(administrator):
    """An approved second version of the delay notice by SMS, which no provider knows yet."""
    row = operations.add_version(
        code="delay",
        channel="sms",
        language="zh-hans",
        body="订单${no}：${url}",
        variables=["no", "url"],
        by=administrator,
    )
    Template.objects.filter(pk=row.pk).update(state="approved")
    return row


@pytest.fixture
def register(administrator, words):
    def enter(kind="aliyun_sms", **fields):
        facts = {"template_id": words.pk, "kind": kind, "code": "SMS_42", "by": administrator}
        return operations.register_template(**{**facts, **fields})

    return enter


def in_use() -> int:
    return current_template(code="delay", channel="sms", language="zh-hans").version


def delay_by_sms() -> Row:
    delay = next(purpose for purpose in matrix() if purpose.template.code == "delay")
    return next(row for row in delay.rows if row.channel == "sms")


def test_new_words_are_sent_once_a_provider_has_approved_them(register):
    assert in_use() == 1
    row = register()
    assert (row.state, in_use()) == ("submitted", 1)
    register(state="rejected", reason="变量  过长")
    row.refresh_from_db()
    assert (row.reason, row.decided_by, in_use()) == ("变量 过长", str(row.decided_by), 1)
    register(state="approved")
    assert in_use() == 2
    assert register(code="SMS_43").state == "submitted"
    told = Entry.objects.filter(subject=f"template:{row.template_id}").order_by("id").values_list("kind", flat=True)
    reviewed = "template.reviewed"
    assert list(told) == ["template.written", "template.registered", *[reviewed] * 2, "template.registered", reviewed]


def test_words_that_are_not_approved_are_read_in_chinese_or_block_the_channel(gateway, register):
    gateway(TENCENT)
    register("tencent_sms")
    Registration.objects.filter(kind="tencent_sms", template__language="en").update(state=Review.REJECTED)
    languages = {row.language for row in current_templates("delay") if row.channel == "sms"}
    assert languages == {"zh-hans"}
    row = delay_by_sms()
    assert (row.blocks, row.in_chinese, row.cells[0].waits) == (False, True, True)
    Registration.objects.filter(kind="tencent_sms").update(state=Review.REJECTED)
    row = delay_by_sms()
    assert row.blocks


@pytest.mark.parametrize(("provider", "code"), [(ALIYUN, "SMS_42"), (TENCENT, "1400042")], ids=["aliyun", "tencent"])
def test_the_provider_is_asked(gateway, simulator, register, provider, code, fast_forward):  # noqa: PLR0917
    gateway(provider)
    row = register(provider.kind, code=code, drill_code=f"{code}9")
    assert row.ask_at is not None
    simulator.control(templates={code: "x", f"{code}9": "x"}, reviews={code: ["submitted", ""]})
    assert ask_about(row.pk)
    row.refresh_from_db()
    assert (row.state, row.drill_state, row.ask_at is None) == ("submitted", "approved", False)
    simulator.control(reviews={code: ["rejected", "含敏感词"]})
    fast_forward(minutes=11)
    assert hint_words() == 1
    ask_about(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by, row.ask_at) == ("rejected", "含敏感词", "system", None)
    simulator.control(reviews={})
    assert operations.ask_providers(kind=provider.kind, template_id=row.template_id, by=SYSTEM) == 1
    ask_about(row.pk)
    assert in_use() == 2
    register(provider.kind, code="404")
    ask_about(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("rejected", "isv.SMS_TEMPLATE_ILLEGAL")


def test_what_cannot_be_asked_is_asked_again_or_refused(register, administrator, monkeypatch):
    monkeypatch.setenv("FENGHUO_SMS_URL", "http://127.0.0.1:9")
    row = register()
    before = row.ask_at
    assert not ask_about(row.pk)
    row.refresh_from_db()
    assert (row.state, row.ask_at > before) == ("submitted", True)
    with pytest.raises(CannotAsk):
        operations.ask_providers(kind="wechat_subscription", by=administrator)


@pytest.mark.parametrize(
    "wrong", [{"state": "perhaps"}, {"kind": WECHAT.kind}, {"kind": "smtp"}, {"reason": "长" * 201}]
)
def test_it_refuses_what_no_provider_says(register, wrong):
    with pytest.raises(BadRegistration):
        register(**wrong)


def test_templates_over_rest(client, api_key, administrator, words):
    machine = {"headers": {"authorization": f"Bearer {api_key('administrator')}"}, "content_type": "application/json"}
    known = client.get("/api/v1/templates?code=delay&channel=sms&language=zh-hans", headers=machine["headers"]).json()
    assert [(row["version"], row["sendable"]) for row in known] == [(2, False), (1, True)]
    new = {"code": "delay", "channel": "sms", "language": "zh-hans", "body": "${no}", "variables": ["no"]}
    made = client.post("/api/v1/templates", new, **machine)
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    path = f"/api/v1/templates/{made.json()['id']}"
    assert client.post(f"{path}/approve", **machine).json()["code"] == "OwnTemplate"
    operations.approve_template(template_id=made.json()["id"], by=administrator)
    facts = {"code": "SMS_9", "state": "approved"}
    entered = client.put(f"{path}/providers/aliyun_sms", facts, **machine).json()
    assert (entered["sendable"], entered["registrations"][0]["code"]) == (True, "SMS_9")
    assert client.post(f"{path}/providers/aliyun_sms/ask", **machine).status_code == 202
    assert client.post(f"{path}/retire", **machine).json()["state"] == "retired"


def test_the_page_takes_ids_and_says_what_is_blocked(client, make_user, words):
    client.force_login(make_user("boss", Role.ADMINISTRATOR))
    page = f"/notifications/templates/{words.pk}/"
    assert "仍发送第1版" in client.get(page).content.decode()
    provider = f"{page}providers/aliyun_sms/"
    client.post(provider, {"code": "SMS_42", "state": "approved"})
    assert in_use() == 2
    # The verdict that the form still shows is not one on another id.
    client.post(provider, {"code": "SMS_43", "state": "approved", "shown_state": "approved"})
    assert Registration.objects.get(template=words).state == "submitted"
    # Nor does it take back what the provider answered since it was opened.
    Registration.objects.update(state="approved")
    client.post(provider, {"code": "SMS_43", "state": "submitted", "shown_state": "submitted"})
    assert Registration.objects.get(template=words).state == "approved"
    client.post(provider, {"code": "SMS_43", "state": "submitted", "shown_state": "approved"})
    assert client.post(f"{provider}ask/").status_code == 302
    assert "审核中" in client.get(page).content.decode()
    assert "新版本在等服务商审核" in client.get("/notifications/templates/").content.decode()
