"""A customer claims by the link of a notice, the chief grants it, and the customer says how it was."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers import links, operations
from customers.models import CompensationRun, NoticeRecipient, Satisfaction
from customers.operations import policies, rules
from dispatch.models import Order
from journal import clock
from tests.customers.conftest import REFERENCE, build_network, freeze, place_order

CANARY = "13987654321"


@pytest.fixture
def told(db):
    """A launched notice about an order that is thirty hours late; the path of its link."""
    policies.load_default_policy()
    rules.load_care_rules()
    lane = build_network()
    order = place_order(lane, 1, phone=CANARY, customer_name="王小明", external_id="JD20261123001")
    Order.objects.filter(pk=order.pk).update(first_promise_at=clock.now() - timedelta(hours=30))
    freeze(SYSTEM)
    run = operations.prepare_notice(
        reference=REFERENCE, template="delay", by=SYSTEM, cause="台风利奇马", cause_en="Typhoon Lekima"
    )
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    token = links.make_token(NoticeRecipient.objects.get().pk, links.link_key(settings.SECRET_KEY))
    return order, f"/s/{token}/"


def serious(page):
    found = [row for row in Axe().run(page).response["violations"] if row["impact"] in {"serious", "critical"}]
    return [f"{row['id']}: {[node['html'][:120] for node in row['nodes'][:3]]}" for row in found]


def test_it_goes_from_claim_to_grant_to_survey(told, log_in, new_page):
    order, path = told
    phone = new_page(width=390, height=844)
    found = []
    phone.goto(path)
    phone.click("summary")
    found += serious(phone)
    phone.check("[name=kind][value=claim]")
    phone.click("details button")
    phone.wait_for_selector(".chosen")
    chief = log_in("kefu", Role.CUSTOMER_SERVICE)
    chief.goto("/desk/")
    found += serious(chief)
    chief.fill("#desk-text", CANARY)
    chief.press("#desk-text", "Enter")
    chief.wait_for_url(f"**/desk/{order.pk}/")
    assert CANARY not in chief.content()
    found += serious(chief)
    chief.click(".care-next a")
    chief.wait_for_selector(".care-figures")
    chief.goto(f"{chief.url}?scope=claims")
    found += serious(chief)
    chief.click(".care-actions .btn-primary")
    chief.wait_for_url("**/desk/compensation/*/")
    found += serious(chief)
    chief.click(".care-actions .btn-primary")
    chief.click("dialog[open] [data-yes], .modal.show [data-yes], #confirm [data-yes]")
    chief.wait_for_selector(".state-done")
    assert CompensationRun.objects.get().state == "granted"
    Order.objects.filter(pk=order.pk).update(state="delivered", delivered_at=clock.now())
    phone.goto(path)
    phone.wait_for_selector(".good")
    phone.check("[name=score][value='4']")
    phone.fill("[name=comment]", "处理很快")
    found += serious(phone)
    phone.click("#survey button")
    phone.wait_for_selector("#survey .good")
    assert Satisfaction.objects.get().score == 4
    chief.goto("/desk/satisfaction/")
    found += serious(chief)
    chief.goto("/desk/compensation/policy/")
    found += serious(chief)
    assert found == []
