"""Whether what was given for a plan can be stored: texts, lists, measures and their prerequisites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.roles import Post
from incidents.models import LegalClock, MeasureKind, Phase, Plan, PlanMeasure, SeverityIndicator
from incidents.params import BadParams, check_params
from incidents.planfields import MEASURE_FIELDS, NAMES, TEXTS, WRITTEN
from incidents.refusals import BadPlan

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
LONGEST_TEXT, LONGEST_LIST, MOST_MEASURES = 8_000, 100, 200
LONGEST_MINUTES = 60 * 24 * 365


def checked_text(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > longest:
        raise BadPlan(
            _("%(name)s must be a text of at most %(longest)s characters.") % {"name": field, "longest": longest},
            field=field,
        )
    return value.replace("\r\n", "\n").strip()


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and lists of a plan fit to be stored. Raises BadPlan with `field` and, of a list, `row`."""
    if unknown := sorted(set(values) - set(WRITTEN)):
        raise BadPlan(_("A plan has no field %(name)s.") % {"name": str(unknown[0])[:40]})
    found: dict[str, Any] = {}
    for field, value in values.items():
        if field in NAMES:
            found[field] = checked_text(value, field, 120)
        elif field in TEXTS:
            found[field] = checked_text(value, field, LONGEST_TEXT)
        elif field == "auto_start":
            if not isinstance(value, bool):
                raise BadPlan(_("auto_start must be true or false."), field=field)
            found[field] = value
        else:
            found[field] = CHECKED_LISTS[field](checked_list(value, field))
    if found.get("name") == "":
        raise BadPlan(_("A plan needs a name."), field="name")
    return found


def checked_list(value: object, field: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        raise BadPlan(
            _("%(name)s must be a list of at most %(longest)s rows.") % {"name": field, "longest": LONGEST_LIST},
            field=field,
        )
    return value


def checked_row(row: object, field: str, number: int, allowed: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(row, Mapping) or set(row) - set(allowed):
        raise BadPlan(
            _("%(field)s, row %(row)s: give %(names)s.") % {"field": field, "row": number, "names": ", ".join(allowed)},
            field=field,
            row=number,
        )
    return row


def figure(value: object, field: str, number: int, low: float) -> float:
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and low <= value < 10**12  # no NaN comes through here
    ):
        return int(value) if float(value).is_integer() else float(value)
    raise BadPlan(
        _("%(field)s, row %(row)s: this must be a number above zero.") % {"field": field, "row": number},
        field=field,
        row=number,
    )


def once(codes: Sequence[str], field: str) -> None:
    if twice := [code for number, code in enumerate(codes) if code in codes[:number]]:
        raise BadPlan(_("%(code)s is named twice.") % {"code": twice[0]}, field=field)


def known_codes(codes: Iterable[object], known: Iterable[str], field: str) -> None:
    allowed = set(known)
    for number, code in enumerate(codes, 1):
        if not isinstance(code, str) or code not in allowed:
            raise BadPlan(
                _("%(field)s, row %(row)s: there is no %(code)s.")
                % {"field": field, "row": number, "code": str(code)[:40]},
                field=field,
                row=number,
                allowed=sorted(allowed),
            )


def checked_contacts(rows: list[Any]) -> list[dict[str, str]]:
    found = []
    for number, row in enumerate(rows, 1):
        given = checked_row(row, "contacts", number, ("name", "name_en", "phone"))
        contact = {name: checked_text(given.get(name, ""), "contacts", 120) for name in ("name", "name_en", "phone")}
        if not contact["name"]:
            raise BadPlan(_("Contact %(row)s has no name.") % {"row": number}, field="contacts", row=number)
        found.append(contact)
    return found


def checked_supplies(rows: list[Any]) -> list[dict[str, Any]]:
    from inventory.models import Item

    given = [checked_row(row, "supplies", number, ("item", "quantity")) for number, row in enumerate(rows, 1)]
    codes = [row.get("item") for row in given]
    known_codes(codes, Item.objects.values_list("code", flat=True), "supplies")
    once([str(code) for code in codes], "supplies")
    return [
        {"item": row["item"], "quantity": figure(row.get("quantity"), "supplies", number, 0.001)}
        for number, row in enumerate(given, 1)
    ]


def checked_clocks(rows: list[Any]) -> list[str]:
    known_codes(rows, LegalClock.objects.values_list("code", flat=True), "legal_clocks")
    once(rows, "legal_clocks")
    return list(rows)


def checked_conditions(rows: list[Any]) -> list[dict[str, Any]]:
    given = [
        checked_row(row, "auto_conditions", number, ("indicator", "at_least")) for number, row in enumerate(rows, 1)
    ]
    codes = [row.get("indicator") for row in given]
    known_codes(codes, SeverityIndicator.objects.values_list("code", flat=True), "auto_conditions")
    once([str(code) for code in codes], "auto_conditions")
    return [
        {"indicator": row["indicator"], "at_least": figure(row.get("at_least"), "auto_conditions", number, 0.0001)}
        for number, row in enumerate(given, 1)
    ]


CHECKED_LISTS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "contacts": checked_contacts,
    "supplies": checked_supplies,
    "legal_clocks": checked_clocks,
    "auto_conditions": checked_conditions,
}


def checked_measure(plan: Plan, row: Mapping[str, Any], number: int) -> PlanMeasure:
    """A measure as given by a person or a machine, not stored. Raises BadPlan with its `row`."""

    def wrong(why: object, field: str = "") -> BadPlan:
        return BadPlan(
            _("Measure %(number)s: %(why)s.") % {"number": number, "why": why}, row=number, field=field or "measures"
        )

    if not isinstance(row, Mapping) or set(row) - set(MEASURE_FIELDS):
        unknown = sorted(set(row) - set(MEASURE_FIELDS)) if isinstance(row, Mapping) else ["?"]
        raise BadPlan(_("A measure has no field %(name)s.") % {"name": str(unknown[0])[:40]}, row=number)
    measure = PlanMeasure(plan=plan, **{"order": number * 10, "kind": MeasureKind.CHECKLIST, **row})
    problems = [
        ("code", not CODE.match(str(measure.code)), _("the code must be small letters, digits, _ and -")),
        ("name", not isinstance(measure.name, str) or not measure.name.strip(), _("a name is needed")),
        ("phase", measure.phase not in Phase.values, _("unknown phase")),
        ("post", measure.post not in Post.values, _("unknown post")),
        ("kind", measure.kind not in MeasureKind.values, _("unknown kind")),
        ("due_minutes", not whole(measure.due_minutes, 1, LONGEST_MINUTES), _("minutes must be 1 or more")),
        ("order", not whole(measure.order, 0, 32_767), _("the order must be a small whole number")),
        ("needs_approval", not isinstance(measure.needs_approval, bool), _("needs approval: true or false")),
        ("after", not isinstance(measure.after, list), _("prerequisites must be a list of codes")),
    ]
    for field, bad, why in problems:
        if bad:
            raise wrong(why, field)
    for field, longest in (("name", 120), ("name_en", 120), ("instruction", 4_000), ("instruction_en", 4_000)):
        setattr(measure, field, checked_text(getattr(measure, field), field, longest))
    try:
        check_params(measure.kind, measure.params)
    except BadParams as error:
        raise wrong(error, error.name or "params") from error
    return measure


def whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_together(rows: Sequence[PlanMeasure]) -> None:
    """Codes are unique, prerequisites exist and never wait for each other in a circle. Raises BadPlan."""
    if len(rows) > MOST_MEASURES:
        raise BadPlan(_("A plan has at most %(most)s measures.") % {"most": MOST_MEASURES}, field="measures")
    codes = [row.code for row in rows]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise BadPlan(_("Two measures have the code %(code)s.") % {"code": twice[0]}, field="code")
    for row in rows:
        if missing := [str(code)[:40] for code in row.after if code not in codes or code == row.code]:
            raise BadPlan(
                _("%(code)s waits for an unknown measure.") % {"code": row.code}, field="after", unknown=missing
            )
    if circle := circle_in({row.code: list(row.after) for row in rows}):
        names = {row.code: row.label for row in rows}
        raise BadPlan(
            _("These measures would wait for each other: %(names)s.")
            % {"names": " → ".join(names[code] for code in circle)},
            field="after",
            circle=circle,
        )


def circle_in(after: Mapping[str, Sequence[str]]) -> list[str]:
    """A circle of prerequisites, first code repeated at the end; empty when there is none."""
    left = dict(after)
    while free := [code for code, waits in left.items() if not any(other in left for other in waits)]:
        for code in free:
            del left[code]
    if not left:
        return []
    path = [next(iter(left))]
    while True:
        # Whatever is left waits for something that is left, so the walk must meet itself.
        step = next(other for other in left[path[-1]] if other in left)
        if step in path:
            return [*path[path.index(step) :], step]
        path.append(step)
