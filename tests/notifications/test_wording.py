"""What may be said: forbidden words, the matrix of words, and values that stay values."""

import pytest

from accounts.roles import Role
from notifications import operations
from notifications.matrix import matrix
from notifications.models import Template
from notifications.operations import wording
from notifications.variables import Variable, fits

pytestmark = pytest.mark.django_db


def written(by, body="订单${no}第一时间送达"):
    return operations.add_version(code="delay", channel="sms", language="zh-hans", body=body, variables=["no"], by=by)


def test_it_refuses_a_forbidden_word_when_written_and_when_approved(administrator, make_user):
    from accounts.actors import user_actor

    draft = written(administrator)
    wording.forbid_word(word="第一", reason="广告法第九条", by=administrator)
    second = user_actor(make_user("second", Role.ADMINISTRATOR))
    with pytest.raises(wording.WordForbidden) as refused:
        operations.approve_template(template_id=draft.pk, by=second)
    assert refused.value.extra == {"words": ["第一"]}
    with pytest.raises(wording.WordForbidden):
        written(administrator)
    wording.allow_word(word="第一", by=administrator)
    assert operations.approve_template(template_id=draft.pk, by=second).state == "approved"


def test_it_shows_what_a_missing_template_blocks(administrator):
    Template.objects.filter(code="delay", channel="sms").delete()
    Template.objects.filter(code="delay", channel="email", language="en").delete()
    written(administrator)
    delay = next(purpose for purpose in matrix() if purpose.template.code == "delay")
    rows = {str(row.channel): row for row in delay.rows}
    assert ([cell.state for cell in rows["sms"].cells], rows["sms"].blocks) == (["draft", "missing"], True)
    assert (rows["email"].blocks, rows["email"].in_chinese) == (False, True)


def test_every_purpose_is_there_in_both_languages(db):
    wanted = {"delay", "suspension", "recovery", "compensation", "data_leak", "call_out", "report", "correction"}
    known = Template.objects.filter(state="approved", channel="sms")
    for language in ("zh-hans", "en"):
        assert wanted <= set(known.filter(language=language).values_list("code", flat=True))


def test_it_keeps_words_in_the_browser(client, make_user):
    client.force_login(make_user("boss", Role.ADMINISTRATOR))
    assert client.post("/notifications/words/forbid/", {"word": "最佳", "reason": "广告法"}).status_code == 302
    assert "最佳" in client.get("/notifications/templates/").content.decode()
    assert client.post("/notifications/words/forbid/", {"word": ""}).status_code == 422
    client.post("/notifications/words/allow/", {"word": "最佳"})
    assert "最佳" not in client.get("/notifications/templates/").content.decode()
    sms = Template.objects.get(code="delay", channel="sms", language="zh-hans")
    assert "data-prefix" in client.get(f"/notifications/templates/{sms.pk}/").content.decode()


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("text", "台风", True),
        ("text", "长" * 11, False),
        ("text", "a\nBcc: x", False),
        ("number", "1,200.50", True),
        ("number", "=1+1", False),
        ("link", "https://x.cn", True),
        ("link", "javascript:1", False),
    ],
)
def test_a_value_is_of_its_kind(kind, value, good):
    assert fits(Variable("x", kind, 12 if kind != "text" else 10), value) is good
