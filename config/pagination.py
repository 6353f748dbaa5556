"""Pages of the API's lists."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class BoundedPages(LimitOffsetPagination):
    """`limit` and `offset` as the framework has them, within what a database can count and a client can want."""

    default_limit = 100
    max_limit = 1_000
    furthest = 10_000_000

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), self.furthest)
