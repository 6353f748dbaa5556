"""A warehouse floods at night: reported, graded, manned, rerouted, told, supplied, recovered, closed, reviewed.

Everything goes through REST; the clock is the workers' own, run by hand between shifts of the database's time.
"""

from __future__ import annotations

import pytest

from accounts.actors import SYSTEM, link_actor
from accounts.roles import Role
from dispatch import operations as dispatch
from dispatch.models import LaneClosure, Order, RerouteRun
from incidents.models import CallOut, Deadline, Measure
from incidents.operations import acknowledge_callout, arrive_callout, decline_callout
from inventory.models import Item
from inventory.operations import receive
from journal import queries as journal
from journal.models import Entry
from notifications.models import Message
from tests.dispatch.conftest import make_orders, network, order_row, send  # noqa: F401
from tests.incidents.conftest import roster, work  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


class World:
    """The night's cast: Zhang on duty, Li Min in command, the people of the roster behind their links."""

    def __init__(self, api, fast_forward, run_clock, do_jobs) -> None:
        self.zhang, self.li = api(Role.DUTY_OFFICER), api(Role.COMMANDER)
        self.fast_forward, self.run_clock, self.work = fast_forward, run_clock, do_jobs
        self.path = ""

    def post(self, who, path: str, body: object = None, status: int = 200):
        answer = who.post(f"/api/v1/{path}", body if body is not None else {})
        assert answer.status_code == status, answer.content
        return answer.json()

    def incident(self):
        return self.zhang.get(f"/api/v1/{self.path}").json()

    def let_pass(self, **time: float) -> None:
        self.fast_forward(**time)
        self.settle()

    def settle(self) -> None:
        """The clock and the workers do what is due, until nothing more follows."""
        for _ in range(5):
            self.run_clock()
            if not self.work():
                return

    def measure(self, code: str) -> Measure:
        return Measure.objects.filter(code=code).latest("round")


@pytest.fixture
def world(api, fast_forward, run_clock, work, roster, network):  # noqa: F811, PLR0917
    return World(api, fast_forward, run_clock, work)


def test_a_flood_from_the_first_report_to_the_review(world, make_orders, commander):  # noqa: F811
    make_orders(30)
    item = Item.objects.create(code="SANDBAG", name="沙袋", unit="条", unit_en="bags", category="flood", check_days=30)
    receive(item=item.code, warehouse="W01", quantity=300, by=commander, key="opening")

    # 22:00 A report. Nobody is called yet.
    report = {
        "title": "嘉兴仓进水",
        "category": "natural_disaster",
        "site": "W01 一楼",
        "scope": {"warehouses": ["W01"]},
        "warning_color": "orange",
    }
    incident = world.post(world.zhang, "incidents", report, 201)
    world.path = f"incidents/{incident['id']}"
    assert Message.objects.count() == 0

    # 22:02 Graded by what the network shows: every open order is hit.
    graded = world.post(world.zhang, f"{world.path}/grade", {"indicators": {"outage_physical": 360}})
    assert (graded["grade"], graded["legal"][0]["action"]) == (1, "verify")  # a machine's key reported it
    assert "respond" in [step["action"] for step in graded["legal"]]
    assert graded["grade_sentence"].startswith("Ⅰ")

    # 22:03 Zhang starts Ⅰ at once, provisionally; Li confirms within the quarter of an hour.
    running = world.post(world.zhang, f"{world.path}/respond", {"level": 1})
    assert running["provisional"]
    world.settle()
    assert Message.objects.filter(key__startswith="callout:").count() == CallOut.objects.count() == 14
    world.let_pass(minutes=4)
    assert not world.post(world.li, f"{world.path}/confirm")["provisional"]

    # 22:08 The site commander cannot come: the alternate is called at once. The others answer their links.
    site = CallOut.objects.get(seat__post="site")
    decline_callout(call_out_id=site.pk, by=link_actor("link", site.pk))
    for call in CallOut.objects.filter(state="called").exclude(seat__post="finance"):
        acknowledge_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    world.let_pass(minutes=4)
    for call in CallOut.objects.filter(state="acknowledged"):
        arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    assert world.incident()["command_post"]["state"] == "opening"

    # 22:19 Finance never answered: missed at the very second, escalated, alternates called; the first one comes.
    world.let_pass(minutes=8)
    finance = CallOut.objects.get(seat__post="finance", rank=0)
    missed = Deadline.objects.get(subject=f"callout:{finance.pk}")
    assert (missed.state, finance.state) == ("missed", "unreachable")
    entry = Entry.objects.get(kind="deadline.missed", payload__subject=f"callout:{finance.pk}")
    assert entry.occurred_at == missed.due_at
    alternate = CallOut.objects.get(seat__post="finance", rank=1)
    arrive_callout(call_out_id=alternate.pk, by=link_actor("link", alternate.pk))
    post = world.incident()["command_post"]
    assert post["state"] == "manned"

    # 22:22 Checklist, then ready: inside the thirty minutes.
    for check in post["checks"]:
        world.post(world.zhang, f"{world.path}/post/checks/{check['code']}", {"done": True})
    ready = world.post(world.li, f"{world.path}/post/ready")
    assert ready["command_post"]["state"] == "ready"
    assert Deadline.objects.get(kind="ready").state == "met"

    # Meanwhile the system closed the lanes, issued supplies and asked for a reroute.
    world.settle()
    assert LaneClosure.objects.filter(opened_at=None).count() == 6
    assert world.measure("issue_supplies").progress["warehouse"] == "W01"
    run = RerouteRun.objects.get()
    if run.state == "queued":
        dispatch.solve_run(run_id=run.pk)
    world.settle()
    assert world.measure("reroute").progress["waits_for"] == "reroute_approval"
    dispatch.approve_run(run_id=run.pk, by=commander)
    dispatch.apply_waves(run_id=run.pk, by=SYSTEM)
    world.settle()
    assert world.measure("reroute").state == "done"
    assert set(Order.objects.values_list("warehouse_id", flat=True)) == {"W02"}

    # 22:25 Customers are told once customer service says so.
    notice = world.post(world.li, f"measures/{world.measure('first_notice').pk}/start")
    assert notice["approved_by"].startswith("key:")
    world.settle()
    assert world.measure("first_notice").progress["of"] > 0

    # People do the rest; what they forget is missed, once, and shown.
    for measure in Measure.objects.filter(state="pending", phase="response", kind="checklist"):
        if measure.code != "statement":
            world.post(world.zhang, f"measures/{measure.pk}/complete", {"note": "完成"})
    world.let_pass(hours=1)
    assert Deadline.objects.get(subject=f"measure:{world.measure('statement').pk}").state == "missed"

    # 02:00 Recovery: inspected, lanes opened again.
    recovering = world.post(world.li, f"{world.path}/recover")
    assert {"close", "lower"} <= {step["action"] for step in recovering["legal"]}
    world.post(world.li, f"measures/{world.measure('inspect').pk}/complete", {"note": "合格"})
    world.post(world.li, f"measures/{world.measure('reopen_lanes').pk}/start")
    world.settle()
    assert not LaneClosure.objects.filter(opened_at=None).exists()

    # Closing asks for what is open; Li decides.
    refused = world.post(world.li, f"{world.path}/close", status=409)
    assert refused["code"] == "OpenMeasures"
    closed = world.post(world.li, f"{world.path}/close", {"skip_open": True, "reason": "其余事项转日常"})
    assert (closed["state"], closed["command_post"]["state"]) == ("closed", "closed")
    assert {d["kind"] for d in closed["deadlines"] if d["state"] == "open"} == {"review", "measure"}
    done = world.post(world.li, f"{world.path}/review", {"text": "沙袋应前置", "skip_open": True})
    assert (done["state"], [step["action"] for step in done["legal"]]) == ("reviewed", ["reopen"])
    assert not [d for d in done["deadlines"] if d["state"] == "open"]

    # What happened is evidence: one chain, in order, nothing twice.
    kinds = list(
        Entry.objects.filter(subject=f"incident:{incident['id']}").order_by("seq").values_list("kind", flat=True)
    )
    story = ["reported", "graded", "responded", "level_confirmed", "recovering", "closed", "reviewed"]
    positions = [kinds.index(f"incident.{part}") for part in story]
    assert positions == sorted(positions)
    missed = Entry.objects.filter(kind="deadline.missed").values_list("payload__deadline", flat=True)
    assert len(missed) == len(set(missed))
    assert journal.verify() == []
