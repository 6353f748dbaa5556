"""Templates: declared variables only, approved by a second person, always there."""

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from notifications import defaults
from notifications.models import Template
from notifications.operations import add_version, approve_template, load_defaults, retire_template
from notifications.queries import current_template, current_templates
from notifications.refusals import OwnTemplate, TemplateInvalid, TemplateNotApproved
from notifications.rendering import placeholders, render

pytestmark = pytest.mark.django_db


def write(by, **changes):
    fields = {"code": "delay", "channel": "sms", "language": "zh-hans", "variables": ["no", "eta"]}
    return add_version(**{**fields, "body": "订单${no}预计${eta}送达。", "by": by, **changes})


@pytest.fixture
def second(make_user):
    return user_actor(make_user("second", Role.ADMINISTRATOR))


def test_the_defaults_are_always_there():
    assert Template.objects.filter(state="approved").count() == len(defaults.rows())
    assert load_defaults() == 0
    for row in defaults.rows():
        assert placeholders(row["body"]) | placeholders(row["subject"]) <= set(row["variables"])
    used = [row for code in defaults.PURPOSES for row in current_templates(code)]
    assert {(row.code, row.channel, row.language) for row in used} == {
        (row["code"], row["channel"], row["language"]) for row in defaults.rows()
    }


def test_a_second_person_approves(administrator, second):
    draft = write(administrator, channel="email")
    old = current_template(code="delay", channel="email", language="zh-hans")
    assert old.version == 1
    with pytest.raises(OwnTemplate):
        approve_template(template_id=draft.pk, by=administrator)
    approve_template(template_id=draft.pk, by=second)
    assert current_template(code="delay", channel="email", language="zh-hans") == draft
    retire_template(template_id=draft.pk, by=second)
    assert current_template(code="delay", channel="email", language="zh-hans") == old
    with pytest.raises(TemplateNotApproved):
        approve_template(template_id=draft.pk, by=second)


def test_it_needs_the_right(commander):
    with pytest.raises(NotAllowed):
        write(commander)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "${secret}"},
        {"body": "100$ off"},
        {"subject": "a\nb"},
        {"channel": "pigeon"},
        {"language": "de"},
        {"body": "${no.__class__}"},
    ],
)
def test_it_refuses_what_cannot_be_used(administrator, changes):
    with pytest.raises(TemplateInvalid):
        write(administrator, **changes)


def test_a_value_is_never_a_template():
    for value in ("${no}", "${secret} %(y)s", "$$", "{{ 7*7 }}", "{% debug %}", "{0.__class__}"):
        assert render("订单${no}。", ["no"], {"no": value}) == f"订单{value}。"
