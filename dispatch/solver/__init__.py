"""The rerouting core: arrays in, arrays out. No database, no clock, nothing of Django.

Orders are grouped into classes whose members are interchangeable, one min-cost flow over lanes' and warehouses' daily
capacity decides how many of each class take which lane, and the flows are handed back to single orders in a fixed
order. `certificate` proves the result with prices that anybody can check again. Plans within stock
are made by `dispatch.solver.stock`: whoever makes none is spared the time and the memory that SciPy takes.
"""

from dispatch.solver.again import Prior, solve_part
from dispatch.solver.candidates import Candidates, lawful_candidates
from dispatch.solver.certificate import Certificate
from dispatch.solver.clearing import days_to_clear
from dispatch.solver.goods import Goods
from dispatch.solver.problem import LATE_COST, RISK_COST, Goal, Network, Options, Orders, Reason, Wishes
from dispatch.solver.solve import Result, solve

__all__ = [
    "LATE_COST",
    "RISK_COST",
    "Candidates",
    "Certificate",
    "Goal",
    "Goods",
    "Network",
    "Options",
    "Orders",
    "Prior",
    "Reason",
    "Result",
    "Wishes",
    "days_to_clear",
    "lawful_candidates",
    "solve",
    "solve_part",
]
