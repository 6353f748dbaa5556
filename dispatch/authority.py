"""Who may approve what: a plan held against what each level of response may decide. The levels are data of whoever asks
for the reroute; here they are rungs, the mildest first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.naming import in_language
from dispatch.models.figures import PlanFigures
from dispatch.models.reroute import RerouteRun

PROVINCE, ANYWHERE, TEMPORARY = "province", "anywhere", "temporary"


@dataclass(frozen=True)
class Rung:
    """What a level may decide: cost as a share more than today, orders moved (None: no limit), and the warehouses."""

    level: str
    post: str
    decider: str
    decider_en: str
    cost_cap: Decimal | None
    orders: int | None
    reach: str

    @classmethod
    def of(cls, data: dict[str, Any]) -> Rung:
        cap = data.get("cost_cap")
        return cls(**{**data, "cost_cap": None if cap is None else Decimal(cap)})

    @property
    def name(self) -> str:
        return _("%(decider)s (level %(level)s)") % {
            "decider": in_language(self.decider, self.decider_en),
            "level": self.level,
        }

    def excess(self, plan: PlanFigures) -> list[str]:
        """What of the plan is beyond it: cost, orders, crossing, temporary."""
        found = {
            "cost": plan.costs_more_than(self.cost_cap),
            "orders": self.orders is not None and plan.assigned > self.orders,
            "crossing": self.reach == PROVINCE and plan.crossing > 0,
            "temporary": self.reach != TEMPORARY and plan.temporary > 0,
        }
        return [name for name, beyond in found.items() if beyond]


NOBODY_ASKED = Rung("", "commander", "", "", None, None, TEMPORARY)


def rungs_of(run: RerouteRun) -> list[Rung]:
    return [Rung.of(data) for data in run.authority]


def own_rung(run: RerouteRun) -> Rung:
    """What the run's own level allows, with the cost cap that it was asked for with."""
    rungs = rungs_of(run)
    own = rungs[0] if rungs else NOBODY_ASKED
    return Rung(own.level, own.post, own.decider, own.decider_en, run.cost_cap, own.orders, own.reach)


def who_may(run: RerouteRun, plan: PlanFigures) -> Rung | None:
    """The mildest rung whose authority suffices; None when no level is known that would."""
    return next((rung for rung in rungs_of(run)[1:] if not rung.excess(plan)), None)


def words_of(run: RerouteRun, plan: PlanFigures, excess: list[str]) -> list[str]:
    """Each excess as a phrase: "1,204 orders leave from another province"."""
    own = own_rung(run)
    sentences = {
        "cost": lambda: (
            _("it costs %(change)s more than today (allowed: %(cap)s)")
            % {"change": f"{plan.cost_change or 0:.1%}", "cap": f"{own.cost_cap or 0:.0%}"}
        ),
        "orders": lambda: (
            ngettext(
                "it moves %(orders)s order (allowed: %(most)s)",
                "it moves %(orders)s orders (allowed: %(most)s)",
                plan.assigned,
            )
            % {"orders": f"{plan.assigned:,}", "most": f"{own.orders or 0:,}"}
        ),
        "crossing": lambda: (
            ngettext(
                "%(orders)s order leaves from another province",
                "%(orders)s orders leave from another province",
                plan.crossing,
            )
            % {"orders": f"{plan.crossing:,}"}
        ),
        "temporary": lambda: (
            ngettext(
                "%(orders)s order leaves from a temporary warehouse",
                "%(orders)s orders leave from a temporary warehouse",
                plan.temporary,
            )
            % {"orders": f"{plan.temporary:,}"}
        ),
    }
    return [sentences[name]() for name in excess]


def beyond_words(run: RerouteRun, plan: PlanFigures) -> str:
    """All that is beyond the run's own level, in one line; "" when nothing is."""
    return _("; ").join(words_of(run, plan, own_rung(run).excess(plan)))


def decider_of(run: RerouteRun, plan: PlanFigures) -> str:
    """Who may approve it, as people read it."""
    rung = who_may(run, plan)
    return rung.name if rung else _("the incident commander")
