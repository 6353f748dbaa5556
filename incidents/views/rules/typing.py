"""Each area of the rules as rows of a form, and what was typed as content for `write_rules`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify

from accounts.roles import Post
from incidents.models import Level, RuleArea
from incidents.views.rows import TypedRow, shown, typed_rows

Rows = list[dict[str, Any]]
CALLED, REQUIRED = "called", "required"
LEVEL_TEXTS = ("name", "name_en", "decider", "decider_en", "post_name", "post_name_en")
LEVEL_MINUTES = (
    "on_post_minutes", "ready_minutes", "confirm_minutes", "report_minutes", "first_notice_minutes",
    "notice_update_minutes", "reroute_orders", "close_hold_minutes", "review_days", "shifts",
)  # fmt: skip
LEVEL_SHARES = ("cost_cap", "close_throughput")
LEGAL_TEXTS = ("name", "name_en", "authority", "authority_en", "trigger", "trigger_en", "source")


def free_code(row: TypedRow, taken: set[str]) -> str:
    """The row's own code, or one from its English name for a new row."""
    code = row.text("code")
    if not code:
        stem = slugify(row.text("name_en")).replace("-", "_")[:34].strip("_") or row.prefix.rstrip("s")
        code = next(found for n in range(1, 1000) if (found := stem if n == 1 else f"{stem}_{n}") not in taken)
    taken.add(code)
    return code


def matrix_drawn(content: Rows) -> Rows:
    return [
        {
            **row,
            "id": row["code"],
            "limits": [
                (level, shown(row["limits"].get(str(level)), 100 if row["unit"] == "share" else 1))
                for level in (4, 3, 2, 1)
            ],
        }
        for row in content
    ]


def matrix_typed(data: QueryDict) -> tuple[Rows, Rows]:
    drawn, content = [], []
    rows = typed_rows(data, "rows")
    taken = {row.text("code") for row in rows}
    for row in rows:
        unit = row.text("unit")
        names = {name: row.text(name) for name in ("code", "group", "name", "name_en", "unit")}
        typed = [(level, row.text(f"limit_{level}")) for level in (4, 3, 2, 1)]
        drawn.append({**names, "id": row.id, "measured": row.ticked("measured"), "limits": typed})
        figures = {
            str(level): row.figure(f"limit_{level}", divided_by=100 if unit == "share" else 1)
            for level, text in typed
            if text
        }
        content.append({**names, "code": free_code(row, taken), "measured": row.ticked("measured"), "limits": figures})
    return drawn, content


def levels_drawn(content: Rows) -> Rows:
    def stand(row: dict[str, Any], post: str) -> str:
        return REQUIRED if post in row["required_posts"] else CALLED if post in row["called_posts"] else ""

    return [
        {
            **row,
            "id": str(row["level"]),
            **{name: shown(row[name], 100) for name in LEVEL_SHARES},
            "stands": {post: stand(row, post) for post in Post.values},
            "crew_rows": [
                {"id": f"c{row['level']}_{n}", "level": row["level"], "post": post, **crew}
                for n, (post, crew) in enumerate(row["crews"].items())
            ],
        }
        for row in content
    ]


def levels_typed(data: QueryDict) -> tuple[Rows, Rows]:
    drawn, content = [], []
    crews = typed_rows(data, "crews")
    for row in typed_rows(data, "rows"):
        stands = {post: row.text(f"post_{post}") for post in Post.values}
        own = [crew for crew in crews if crew.text("level") == row.id]
        plain = {name: row.text(name) for name in (*LEVEL_TEXTS, "decider_post", "reroute_reach")}
        level = int(row.id) if row.id in {str(value) for value in Level.values} else None
        drawn.append(
            {
                **plain,
                **{name: row.text(name) for name in (*LEVEL_MINUTES, *LEVEL_SHARES)},
                "id": row.id,
                "level": level,
                "stands": stands,
                "crew_rows": [
                    {"id": crew.id, **{name: crew.text(name) for name in ("level", "post", "call", "need")}}
                    for crew in own
                ],
            }
        )
        content.append(
            {
                **plain,
                **{name: row.whole(name) for name in LEVEL_MINUTES},
                **{name: row.figure(name, divided_by=100) for name in LEVEL_SHARES},
                "level": level,
                "called_posts": [post for post, stand in stands.items() if stand in {CALLED, REQUIRED}],
                "required_posts": [post for post, stand in stands.items() if stand == REQUIRED],
                "crews": {
                    crew.text("post"): {"call": crew.whole("call"), "need": crew.whole("need")}
                    for crew in own
                    if crew.text("post")
                },
            }
        )
    return drawn, content


def ladder_drawn(content: Rows) -> Rows:
    return [{**row, "id": f"r{n}", "does": f"{row['kind']}:{row['value']}"} for n, row in enumerate(content)]


def ladder_typed(data: QueryDict) -> tuple[Rows, Rows]:
    rows = typed_rows(data, "rows")
    drawn = [{"id": row.id, "after_minutes": row.text("after_minutes"), "does": row.text("does")} for row in rows]
    content = []
    for row in rows:
        kind, _colon, value = row.text("does").partition(":")
        content.append({"after_minutes": row.whole("after_minutes"), "kind": kind, "value": value})
    return drawn, content


def readiness_drawn(content: Rows) -> Rows:
    return [{**row, "id": row["code"]} for row in content]


def readiness_typed(data: QueryDict) -> tuple[Rows, Rows]:
    drawn, content = [], []
    rows = typed_rows(data, "rows")
    taken = {row.text("code") for row in rows}
    for row in rows:
        names = {name: row.text(name) for name in ("code", "name", "name_en")}
        level = row.whole("lightest_level")
        drawn.append({**names, "id": row.id, "lightest_level": level})
        content.append({**names, "code": free_code(row, taken), "lightest_level": level})
    return drawn, content


def legal_drawn(content: Rows) -> Rows:
    return [
        {
            **row,
            "id": row["code"],
            "parts": [{**part, "id": part["code"]} for part in row["form"]],
            "parts_name": f"form_{row['code']}",
        }
        for row in content
    ]


def legal_typed(data: QueryDict) -> tuple[Rows, Rows]:
    drawn, content = [], []
    rows = typed_rows(data, "rows")
    taken = {row.text("code") for row in rows}
    for row in rows:
        texts = {name: row.text(name) for name in LEGAL_TEXTS}
        parts = typed_rows(data, f"form_{row.id}")
        known = {part.text("code") for part in parts}
        fields = [
            {
                "code": free_code(part, known),
                "name": part.text("name"),
                "name_en": part.text("name_en"),
                "required": part.ticked("required"),
            }
            for part in parts
        ]
        drawn.append(
            {
                **texts,
                "id": row.id,
                "code": row.text("code"),
                "minutes": row.text("minutes"),
                "parts_name": f"form_{row.id}",
                "parts": [{**field, "id": part.id} for field, part in zip(fields, parts, strict=True)],
            }
        )
        content.append({**texts, "code": free_code(row, taken), "minutes": row.whole("minutes"), "form": fields})
    return drawn, content


DRAWN: dict[str, Callable[[Rows], Rows]] = {
    RuleArea.MATRIX: matrix_drawn,
    RuleArea.LEVELS: levels_drawn,
    RuleArea.LADDER: ladder_drawn,
    RuleArea.READINESS: readiness_drawn,
    RuleArea.LEGAL: legal_drawn,
}
TYPED: dict[str, Callable[[QueryDict], tuple[Rows, Rows]]] = {
    RuleArea.MATRIX: matrix_typed,
    RuleArea.LEVELS: levels_typed,
    RuleArea.LADDER: ladder_typed,
    RuleArea.READINESS: readiness_typed,
    RuleArea.LEGAL: legal_typed,
}
