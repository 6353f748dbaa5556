"""The log tells what went wrong and where, but never whose number it was."""

import logging

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from config.logs import Discreet, discreet
from dispatch.models import Order
from tests.customers.conftest import build_network, place_order

CANARY = "13877665544"


def logged(error: BaseException) -> str:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%r", (error,), (type(error), error, error.__traceback__))
    return Discreet().format(record)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dispatch_order SET region_id = NULL",
        "INSERT INTO customers_preference (customer_ref, channel) SELECT phone, NULL FROM dispatch_order",
        "SELECT customer_name::bigint FROM dispatch_order",
        "SELECT 1 FROM dispatch_order WHERE nothing = '13877665544'",
    ],
)
def test_an_error_of_the_database_is_told_without_the_row(statement):
    row = place_order(
        build_network(), 1, phone=CANARY, email="canary.bird@example.test", customer_name="王大锤\n\n金丝雀"
    )
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    text = logged(raised.value)
    assert "test_logs.py" in text
    assert not [word for word in (CANARY, "canary.bird", "金丝雀") if word in text], text
    assert Order.objects.filter(pk=row.pk).exists()


def test_a_cause_is_told_as_discreetly_as_its_effect():
    try:
        try:
            raise IntegrityError(f"refused\nDETAIL:  Failing row contains ({CANARY},\n\n{CANARY}).")
        except IntegrityError as cause:
            raise RuntimeError("no") from cause
    except RuntimeError as error:
        text = logged(error)
    assert "refused" in text
    assert CANARY not in text


@pytest.mark.parametrize("text", ["order:13877665544123", "batch 1387766554", "v13877665544x", "1387766554412"])
def test_it_leaves_what_is_no_number_alone(text):
    assert discreet(text) == text
