"""The sample customers' wishes: a few want mail, a few want nothing; and the default policy as a row."""

from __future__ import annotations

from django.db import connection, transaction

from customers.models import NoticePolicy

# Which customer wants what hangs on a digest of the reference, so that it is the same each time.
PREFERENCES = """
INSERT INTO customers_preference (customer_ref, channel, language)
SELECT customer_ref, CASE WHEN share < 5 THEN 'email' ELSE 'none' END, ''
FROM (
    SELECT customer_ref, get_byte(sha256(convert_to(customer_ref, 'UTF8')), 0) % 100 AS share
    FROM dispatch_order WHERE customer_ref <> '' GROUP BY customer_ref
) customer
WHERE share < 6
ON CONFLICT (customer_ref) DO NOTHING
"""


@transaction.atomic
def load() -> None:
    NoticePolicy.objects.get_or_create(pk=1)
    with connection.cursor() as cursor:
        cursor.execute(PREFERENCES)
