"""How often somebody may come: exact over any number of processes, and kept by PostgreSQL, so that FLUSHALL forgives
nobody.

Each call moves the moment at which everything used so far is earned back (the generic cell rate algorithm): one
statement, one row. Of a limit of 30 a minute, 30 may come at once and then one every two seconds.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import connection

TAKE = """
INSERT INTO customers_pace AS p (bucket, free_at) VALUES (%(bucket)s, fenghuo_now() + make_interval(secs => %(each)s))
ON CONFLICT (bucket) DO UPDATE SET free_at = greatest(p.free_at, fenghuo_now()) + make_interval(secs => %(each)s)
    WHERE greatest(p.free_at, fenghuo_now()) + make_interval(secs => %(each)s) <= fenghuo_now() + interval '1 minute'
RETURNING 1
"""


def allow(kind: str, who: str, per_minute: int) -> bool:
    """Whether `who` may do this once more now. What is refused costs nothing."""
    bucket = hmac.new(settings.SECRET_KEY.encode(), f"{kind} {who}".encode(), hashlib.sha256).hexdigest()[:40]
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"bucket": bucket, "each": 60 / per_minute})
        return cursor.fetchone() is not None
