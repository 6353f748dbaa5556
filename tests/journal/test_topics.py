"""Which topics a browser is told of."""

import select

import psycopg2
import pytest
from django.db import connection, transaction

from accounts.actors import SYSTEM
from journal import operations


@pytest.mark.django_db(transaction=True)
def test_it_tells_the_subject_the_reference_and_the_whole_kind():
    listener = psycopg2.connect(**connection.get_connection_params())
    listener.autocommit = True
    try:
        with listener.cursor() as cursor:
            cursor.execute("LISTEN fenghuo_topics")
        with transaction.atomic():
            operations.write(kind="callout.arrived", subject="callout:7", reference="incident:3", by=SYSTEM)
        select.select([listener], [], [], 5)
        listener.poll()
        assert {notify.payload for notify in listener.notifies} == {"callout:7", "incident:3", "callout:*"}
    finally:
        listener.close()
