"""The people of a notice as a file: masked, whole with a reason that is kept, and nothing that runs as a formula."""

from io import BytesIO

import openpyxl
import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers import operations
from journal.models import Entry
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import failed

pytestmark = pytest.mark.django_db
FORMULAS = ["=cmd|'/c calc'!A1", "+1+1", "-2", "@SUM(A1)", "\t=1"]


@pytest.fixture
def path(order):
    for number, text in enumerate(FORMULAS, start=1):
        order(number, external_id=text)
    order(7, phone="")
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    failed("13800000001")
    return f"/notices/{run.pk}/people/"


def rows_of(answer):
    return list(openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0].values)


def test_it_masks_addresses_and_runs_no_formula(client, make_user, path):
    client.force_login(make_user("officer", Role.DUTY_OFFICER))
    text = client.get(f"{path}csv/").content.decode("utf-8-sig")
    book = rows_of(client.get(f"{path}xlsx/?show=lost"))
    for found in (text, str(book)):
        assert "138****0001" in found
        assert "1380000000" not in found
    lines = text.splitlines()
    assert len(lines) == 7
    assert not [line for line in lines if line.lstrip('"').startswith(("=", "+", "-", "@", "\t"))]
    assert len(book) == 2
    assert not str(book[1][0]).startswith("=")
    assert client.post(f"{path}xlsx/", {"reason": "verify"}).status_code == 403
    assert client.get(f"{path}exe/").status_code == 404
    assert not Entry.objects.filter(kind="notice.people_exported").exists()


def test_it_gives_whole_addresses_for_a_reason(client, make_user, path):
    client.force_login(make_user("kefu", Role.CUSTOMER_SERVICE))
    assert client.post(f"{path}xlsx/", {"reason": "curiosity"}).status_code == 422
    answer = client.post(f"{path}xlsx/", {"reason": "call_back"})
    assert answer["Cache-Control"] == "no-store"
    assert "13800000001" in str(rows_of(answer))
    (entry,) = Entry.objects.filter(kind="notice.people_exported")
    assert (entry.payload["reason"], entry.payload["people"]) == ("unmask_reason:call_back", 6)
    assert "1380" not in str(entry.payload)
