"""Gateways: set in the browser and over REST, tried out, and taken over from one by the next."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import ContactPoint
from accounts.roles import Role
from journal.models import Entry
from notifications import gateways, routes
from notifications.models import Attempt, Gateway, Message, Registration, Template
from notifications.operations import send_due_staff
from notifications.sealing import unseal
from notifications.transports import Call, Item, TransportError, transport_for
from tests.notifications.providers import WECHAT
from tests.notifications.test_limits import drain
from tests.notifications.test_sending import states

pytestmark = pytest.mark.django_db

SECRET = "canary-secret-4711"


@pytest.fixture
def boss(make_user, client):
    user = make_user("boss", Role.ADMINISTRATOR)
    user.language = "en"
    user.save()
    client.force_login(user)
    return user


@pytest.fixture
def form(simulator, monkeypatch):
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    fields = {"name": "阿里云主通道", "url": simulator.url, "key_id": "simulator", "sign_name": "烽火", "enabled": "1"}
    return fields | {"priority": "1", "per_minute": "20", "quiet_from": "22:00", "quiet_until": "08:00"}


def test_an_administrator_adds_one_and_its_secret_is_never_shown(boss, client, form, caplog):
    answer = client.post(reverse("gateway_new", args=["aliyun_sms"]), form | {"secret": SECRET}, follow=True)
    row = Gateway.objects.get()
    assert (row.channel, row.per_minute, row.quiet_until.hour, unseal(row.sealed)) == ("sms", 20, 8, SECRET)
    page = client.get(reverse("gateway", args=[row.pk])).content.decode()
    for seen in (answer.content.decode(), page, client.get(reverse("gateways")).content.decode(), caplog.text):
        assert SECRET not in seen
        assert row.sealed not in seen
    assert SECRET not in str(list(Entry.objects.values())) + row.sealed + repr(routes.account_of(row))
    # A blank secret keeps it; another address wants it again.
    kept = form | {"version": "1", "per_minute": ""}
    assert client.post(reverse("gateway", args=[row.pk]), kept).status_code == 302
    assert client.post(reverse("gateway", args=[row.pk]), kept).status_code == 422
    moved = kept | {"version": "2", "url": "https://dysmsapi.example.com"}
    assert client.post(reverse("gateway", args=[row.pk]), moved).status_code == 422
    row.refresh_from_db()
    assert (row.per_minute, row.url, unseal(row.sealed)) == (None, form["url"], SECRET)
    kinds = list(Entry.objects.filter(reference="gateways").order_by("id").values_list("kind", flat=True))
    assert kinds == ["gateway.created", "gateway.changed"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://user@example.com"}, "url"),
        ({"per_minute": "0"}, "per_minute"),
        ({"batch_size": "101"}, "batch_size"),
        ({"quiet_until": ""}, "quiet_from"),
        ({"key_id": ""}, "key_id"),
        ({"name": "a\r\nBcc: x"}, "name"),
    ],
)
def test_what_cannot_be_used_is_refused(boss, client, form, fields, wrong):
    answer = client.post(reverse("gateway_new", args=["aliyun_sms"]), form | {"secret": SECRET} | fields)
    assert answer.status_code == 422
    assert answer.context["wrong"] == wrong
    assert SECRET not in answer.content.decode()
    assert not Gateway.objects.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "smtp://127.0.0.1:9", "https://localhost:9"])
def test_a_name_that_leads_inside_is_not_called(url):
    """The address is checked again at the moment of the call, whatever the name meant when it was entered."""
    kind = "smtp" if url.startswith("smtp") else "aliyun_sms"
    account = gateways.Account(kind=kind, url=url, sender="a@example.com", guarded=True)
    with pytest.raises(TransportError) as refusal:
        transport_for(account).deliver(Call("k", "T", [Item(1, "k", "13800000001", {}, "s", "b")]))
    assert (refusal.value.code, refusal.value.switch) == ("forbidden_address", True)


def test_over_rest(api_key, client, form):
    headers = {"authorization": f"Bearer {api_key(Role.ADMINISTRATOR)}"}
    facts = {name: form[name] for name in ("name", "url", "key_id", "sign_name")} | {"kind": "aliyun_sms"}
    made = client.post("/api/v1/gateways", facts | {"secret": SECRET}, "application/json", headers=headers)
    assert made.status_code == 201
    assert "secret" not in made.json()
    assert made.json()["secret_set_at"]
    path = f"/api/v1/gateways/{made.json()['id']}"
    changed = client.patch(path, {"per_second": 5}, "application/json", headers=headers | {"if-match": '"1"'})
    assert (changed.status_code, changed.json()["per_second"], changed["ETag"]) == (200, 5, '"2"')
    assert client.patch(path, {}, "application/json", headers=headers | {"if-match": '"1"'}).status_code == 412
    assert client.post(f"{path}/test", headers=headers).status_code == 409
    assert client.delete(path, headers=headers).status_code == 204


def test_a_test_goes_to_oneself_and_is_explained(boss, client, form, simulator):
    ContactPoint.objects.create(user=boss, channel="sms", address="+8613800000009")
    client.post(reverse("gateway_new", args=["aliyun_sms"]), form | {"secret": SECRET, "enabled": ""})
    row = Gateway.objects.get()
    asked = client.post(reverse("gateway_step", args=[row.pk, "test"]))
    assert "every 1s" in asked.content.decode()
    send_due_staff(5)
    told = client.get(reverse("gateway_test", args=[row.pk])).content.decode()
    assert "SignatureDoesNotMatch" in told
    assert Attempt.objects.count() == 1
    assert "check its id and secret" in told
    assert "13800000009" not in told
    form |= {"secret": gateways.aliyun().secret, "enabled": ""}
    client.post(reverse("gateway", args=[row.pk]), form)
    client.post(reverse("gateway_step", args=[row.pk, "test"]))
    send_due_staff(5)
    assert "The provider took the message." in client.get(reverse("gateway_test", args=[row.pk])).content.decode()
    assert simulator.ledger()["by_number"] == {"13800000009": 1}


@pytest.fixture
def waiting(launched, texts):
    """waiting(bulk=250) queues as many notices and one message to staff, and returns what queues more of these."""

    def make(*, bulk: int):
        launched(bulk)
        texts(1)
        return texts

    return make


@pytest.fixture
def two(limited):
    """Two accounts of one channel; the simulator knows the key of the second only."""
    return limited(name="欠费", key_id="nobody"), limited(name="备用", priority=2)


def test_the_next_gateway_takes_over(two, simulator, waiting, fast_forward, make_user):
    admin = make_user("admin", Role.ADMINISTRATOR)
    first, second = two
    texts = waiting(bulk=250)
    drain()
    send_due_staff(5)
    assert states() == {"sent": 251, "delivered": 1}
    assert simulator.ledger()["repeated"] == {"keys": [], "numbers": []}
    assert set(Attempt.objects.values_list("gateway", "outcome")) == {
        (first.pk, "rejected"),
        (second.pk, "accepted"),
    }
    first.refresh_from_db()
    assert first.out_code == "InvalidAccessKeyId.NotFound"
    assert "欠费" in Message.objects.get(user=admin, channel="in_app").body
    assert Entry.objects.filter(kind="gateway.out").count() == 1
    # Mended, it is tried again after a while and is the first one once more.
    Gateway.objects.filter(pk=first.pk).update(key_id=second.key_id)
    fast_forward(seconds=301)
    texts(1, key="later")
    send_due_staff(5)
    assert Attempt.objects.order_by("-id")[0].gateway_id == first.pk
    assert Entry.objects.filter(kind="gateway.back").count() == 1


def test_an_only_gateway_in_trouble_promises_no_other(boss, client, limited):
    row, other = limited(name="欠费"), limited(name="备用", priority=2, enabled=False)
    Gateway.objects.filter(pk=row.pk).update(out_code="isv.OUT_OF_SERVICE")
    pages = [reverse("gateway", args=[row.pk]), reverse("gateway_rows"), reverse("channels_panel")]

    def said(words):
        return [words in client.get(page).content.decode() for page in pages]

    assert said("cannot send; messages wait") == [True] * 3
    assert "Mend this one or add another." in client.get(pages[0]).content.decode()
    Gateway.objects.filter(pk=other.pk).update(enabled=True)
    assert said("cannot send; another one does") == [True] * 3
    assert "Another gateway of the channel sends meanwhile." in client.get(pages[0]).content.decode()


def test_nothing_is_sent_twice_when_nobody_knows(limited, simulator, texts):
    """A call without an answer is no reason to try the next gateway."""
    limited(name="甲"), limited(name="乙", priority=2)
    texts(1)
    simulator.control(late_error=1)
    send_due_staff(5)
    assert states() == {"ambiguous": 1}
    assert simulator.ledger()["accepted"] == 1


def test_when_all_are_off_messages_wait(limited, texts, fast_forward):
    row = limited(enabled=False)
    texts(1)
    send_due_staff(5)
    assert states() == {"queued": 1}
    Gateway.objects.filter(pk=row.pk).update(enabled=True)
    fast_forward(seconds=61)
    send_due_staff(5)
    assert states() == {"sent": 1}


def test_the_provider_s_ids_of_our_words_are_entered(boss, client, gateway):
    words = Template.objects.get(code="delay", channel="wechat", language="zh-hans")
    row = gateway(WECHAT)
    path = reverse("gateway_words", args=[row.pk])
    form = {
        f"code-{words.pk}": "T-1",
        f"drill_code-{words.pk}": "T-2",
        f"fields-{words.pk}": "thing1 thing2 time3 url",
        f"state-{words.pk}": "approved",
    }
    assert client.post(path, form | {f"code-{words.pk}": "../x"}).status_code == 422
    for _time in range(2):
        assert client.post(path, form).status_code == 302
    known = Registration.objects.get(template=words)
    assert (known.code, known.fields) == ("T-1", ["thing1", "thing2", "time3", "url"])
    assert "T-2" in client.get(path).content.decode()
    entered = Entry.objects.filter(kind="template.registered", subject=f"template:{words.pk}")
    assert entered.count() == 1
    shown = {f"shown_{name}": value for name, value in form.items()}
    # Whoever opened the form before takes back neither what the provider answered meanwhile, nor a colleague's ids.
    Registration.objects.update(state="rejected", reason="太长")
    assert client.post(path, form | shown | {f"fields-{words.pk}": "thing9"}).status_code == 302
    known.refresh_from_db()
    assert (known.fields, known.state, known.reason) == (["thing9"], "rejected", "太长")
    Registration.objects.update(code="T-3")
    assert client.post(path, form | shown).status_code == 302
    stale = client.post(path, form | shown | {f"state-{words.pk}": "submitted"})
    assert (stale.status_code, "T-3" in stale.content.decode()) == (412, True)
    known.refresh_from_db()
    assert (known.code, known.state) == ("T-3", "rejected")
    client.post(path, shown | {f"shown_code-{words.pk}": "T-3"})
    assert not Registration.objects.filter(template=words).exists()
