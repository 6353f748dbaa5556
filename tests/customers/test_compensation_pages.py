"""Compensation and its policy in the browser, and finance's files."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers.models import CompensationPolicy, CompensationRun, ExemptSpan, SurveyRound
from customers.operations import compensation
from customers.policy import DEFAULT
from dispatch.models import Order
from journal import clock
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db
MATTER = f"/desk/compensation/for/{REFERENCE}/"


@pytest.fixture
def browser(client, make_user):
    client.force_login(make_user("kefu9", Role.CUSTOMER_SERVICE, name="陈静"))
    return client


@pytest.fixture
def other(make_user):
    from django.test import Client

    client = Client()
    client.force_login(make_user("caiwu", Role.SECTION_CHIEF, name="财务"))
    return client


@pytest.fixture
def late(order):
    order(1, external_id="=cmd|' /C calc'!A0", customer_ref="@SUM(1)")
    order(2)
    freeze(SYSTEM)
    now = clock.now()
    Order.objects.update(state="delivered", delivered_at=now, first_promise_at=now - timedelta(hours=30))


def test_it_leads_from_the_matter_to_finance(browser, late):
    page = browser.get(MATTER).content.decode()
    assert "10.00" in page
    went = browser.post(f"{MATTER}propose/", {"scope": "delivered"})
    run = CompensationRun.objects.get()
    assert went.url == f"/desk/compensation/{run.pk}/"
    assert "提出" in browser.get(went.url).content.decode()
    for step in ("grant", "export"):
        assert browser.post(f"{went.url}{step}/").status_code == 302
    assert CompensationRun.objects.get().state == "exported"
    assert browser.get("/desk/compensation/").status_code == 200
    assert browser.post(f"{went.url}explode/").status_code == 404
    assert browser.get(f"/panels/customers/{REFERENCE}/").status_code == 200


def test_its_files_hold_no_formula(browser, late):
    run = compensation.propose_compensation(reference=REFERENCE, scope="delivered", by=SYSTEM)
    compensation.grant_compensation(run_id=run.pk, by=SYSTEM)
    text = browser.get(f"/desk/compensation/{run.pk}/file/csv/").content.decode("utf-8-sig")
    assert "'=cmd" in text
    assert "'@SUM(1)" in text
    assert "5.00" in text
    file = b"".join(browser.get(f"/desk/compensation/{run.pk}/file/xlsx/").streaming_content)
    sheet = load_workbook(BytesIO(file)).worksheets[0]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert sheet["A2"].value.startswith("'=")
    assert float(sheet["C2"].value) == 5
    assert browser.get(f"/desk/compensation/{run.pk}/file/pdf/").status_code == 404


def test_a_run_is_rejected_by_another_with_a_reason(browser, other, late):
    browser.post(f"{MATTER}propose/", {"scope": "delivered"})
    page = f"/desk/compensation/{CompensationRun.objects.get().pk}/"
    assert other.post(f"{page}reject/", {"reason": ""}).status_code == 422
    assert other.post(f"{page}reject-order/", {"order": "A00002", "reason": "自提"}).status_code == 302
    assert CompensationRun.objects.get().orders == 1
    assert other.post(f"{page}reject/", {"reason": "重复"}).status_code == 302
    assert CompensationRun.objects.get().state == "rejected"


def test_an_exempt_span_is_added_and_confirmed_by_two(browser, other, late):
    fields = {
        "title": "台风封路", "issuer": "交通厅", "document": "7号", "regions": "33，", "warehouses": "",
        "starts_at": "2026-01-01T00:00", "ends_at": "", "address": "",
    }  # fmt: skip
    fields["starts_at"] = (clock.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    wrong = browser.post(f"{MATTER}spans/", {**fields, "starts_at": "x"})
    assert wrong.status_code == 422
    assert "台风封路" in wrong.content.decode()
    assert browser.post(f"{MATTER}spans/", fields).status_code == 302
    span = ExemptSpan.objects.get()
    assert browser.post(f"/desk/compensation/spans/{span.pk}/confirm/").status_code == 403
    assert other.post(f"/desk/compensation/spans/{span.pk}/confirm/").status_code == 302
    assert "不可抗力免责" in browser.get(MATTER).content.decode()


def form(**changes):
    """The policy page's form as a browser sends it."""
    content = {**DEFAULT, **changes}
    fields = {name: content[name] for name in ("order_limit", "batch_limit", "pay_days")}
    for part in ("bands", "tiers"):
        for number, row in enumerate(content[part]):
            for name, value in row.items():
                fields[f"{part}.{number}.{name}"] = ", ".join(value) if isinstance(value, list) else value
    return fields


def test_the_policy_is_edited_as_a_whole_and_approved_by_another(browser, other):
    path = "/desk/compensation/policy/"
    assert "晚到超过24小时" in browser.get(path).content.decode()
    assert browser.post(path, {**form(pay_days=5), "expected": "1"}).status_code == 422  # no reason
    assert browser.post(path, {**form(pay_days=5), "expected": "1", "note": "更快"}).status_code == 302
    assert CompensationPolicy.objects.get(number=2).content == {**DEFAULT, "pay_days": 5}
    assert browser.post(path, {**form(pay_days=6), "expected": "1", "note": "x"}).status_code == 412
    wrong = browser.post(path, {**form(), "bands.0.over": "abc", "expected": "2", "note": "x"})
    assert wrong.status_code == 422
    assert "is-invalid" in wrong.content.decode()
    assert "pay_days" in browser.get(path).content.decode()
    assert browser.post(f"{path}2/approve/").status_code == 403
    assert other.post(f"{path}2/approve/").status_code == 302
    assert CompensationPolicy.objects.get(state="in_force").number == 2


def test_satisfaction_is_asked_for_and_listed(browser, late):
    assert browser.get("/desk/satisfaction/").status_code == 200
    assert browser.post(f"/desk/satisfaction/{REFERENCE}/send/").status_code == 409
    assert not SurveyRound.objects.exists()


def test_the_page_is_looked_at_by_those_who_may_only_look(client, make_user, late):
    client.force_login(make_user("cang", Role.WAREHOUSE))
    for path in (MATTER, "/desk/compensation/", "/desk/compensation/policy/"):
        assert client.get(path).status_code == 200
    assert client.get("/desk/").status_code == 403
    assert client.post(f"{MATTER}propose/").status_code == 403
    assert client.get("/desk/compensation/for/incident:9/").status_code == 404
