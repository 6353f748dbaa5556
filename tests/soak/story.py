"""Many incidents over many simulated hours, while workers are killed, Valkey is flushed and PostgreSQL is restarted.

    python -m tests.soak.story --hours 24 --incidents 500 [--seed 1]

Everything runs on servers of its own. At the end `checker` reads what the database says; the exit status is 0 only when
nothing was lost, early or doubled.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import random
import sys
import time
from datetime import timedelta

from tests.soak.house import House, a_house

STEP = 2  # simulated minutes
PATIENCE = 20.0  # seconds a step may wait for the engine


class Story:
    def __init__(self, house: House, *, hours: int, incidents: int, seed: int) -> None:
        self.house, self.hours, self.wanted = house, hours, incidents
        self.dice = random.Random(seed)
        self.steps = hours * 60 // STEP
        self.busy = max(1, incidents // 60)  # what is answered and done in a step; the rest runs late
        self.refused = 0
        self.interrupted = 0

    def prepare(self) -> None:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        self.people()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_installation (id, epoch, send_hold, time_offset) VALUES (1, 0, false, '0')"
                " ON CONFLICT DO NOTHING"
            )

    def people(self) -> None:
        """Three people for every post, for longer than the story lasts."""
        from django.utils import timezone

        from accounts.actors import user_actor
        from accounts.models import Duty, RoleGrant, User
        from accounts.roles import Post, Role

        begin = timezone.now() - timedelta(days=1)
        for post in Post.values:
            for rank in range(3):
                user = User.objects.create(username=f"{post}{rank}", name=f"{post}{rank}", password="!")
                Duty.objects.create(
                    user=user, post=post, rank=rank, starts_at=begin, ends_at=begin + timedelta(days=30)
                )
        chief = User.objects.get(username="commander0")
        RoleGrant.objects.create(user=chief, role=Role.COMMANDER)
        self.chief = user_actor(chief)

    def run(self) -> None:
        for name in self.house.names:
            self.house.start_worker(name)
        begun = 0
        for step in range(self.steps):
            due = self.wanted if step > self.steps * 0.8 else round(self.wanted * step / (self.steps * 0.8)) + 1
            while begun < min(due, self.wanted):
                begun += 1
                self.safely(self.begin, begun)
            for act in (self.answer, self.work, self.turn):
                self.safely(act)
            self.forward(STEP)
            self.fault(step)
            self.settle()
            if step % max(1, self.steps // 12) == 0:
                print(f"{step * STEP / 60:5.1f} h, {begun} incidents, {self.house.kills} kills", flush=True)
        self.forward(30)
        self.settle(60.0)

    def safely(self, act, *given) -> None:
        """Do it; a refusal is the rules at work, and a database that restarts is what this story is about."""
        from django.db import InterfaceError, OperationalError, connection

        from journal.refusal import Refusal

        try:
            act(*given)
        except Refusal:
            self.refused += 1
        except (OperationalError, InterfaceError):
            self.interrupted += 1
            connection.close()

    def forward(self, minutes: int) -> None:
        from tests.times import shift

        with contextlib.suppress(Exception):
            shift(minutes=minutes)

    def fault(self, step: int) -> None:
        """A worker every twenty minutes or so, Valkey every hour, PostgreSQL once in the middle."""
        if self.dice.random() < 0.1 or step == self.steps // 3:
            self.house.kill_worker(self.dice.choice(self.house.names))
        if step % (60 // STEP) == 60 // STEP - 1:
            self.house.flush()
        if step == self.steps // 2:
            from django.db import connection

            connection.close()
            self.house.restart_postgres()

    def settle(self, seconds: float = PATIENCE) -> None:
        """Let the engine catch up with the minutes that passed at once."""
        from django.db import Error, connection

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT NOT EXISTS (SELECT FROM incidents_deadline WHERE state = 'open'"
                        " AND due_at <= (SELECT fenghuo_now()))"
                        " AND NOT EXISTS (SELECT FROM incidents_deadline WHERE state = 'missed'"
                        " AND escalate_at IS NOT NULL)"
                        " AND NOT EXISTS (SELECT FROM incidents_callout WHERE next_rung_at <= (SELECT fenghuo_now()))"
                    )
                    if cursor.fetchone()[0]:
                        return
            except Error:
                connection.close()
            time.sleep(0.05)

    # --- what people do ---------------------------------------------------------------------------------------------

    def begin(self, number: int) -> None:
        from incidents import operations

        level = self.dice.choice([4, 4, 4, 3, 3, 2, 1])
        figures = {4: {}, 3: {"cities": 1}, 2: {"cities": 3}, 1: {"provinces": 2}}[level]
        category = self.dice.choice(["natural_disaster", "traffic", "equipment", "it_system", "public_health"])
        incident = operations.report_incident(
            title=f"Soak {number}", category=category, indicators=figures, by=self.chief
        )
        operations.respond(incident_id=incident.pk, level=level, by=self.chief)

    def running(self, count: int) -> list[int]:
        from incidents.models import Incident

        ids = Incident.objects.filter(state__in=["responding", "recovering"]).values_list("pk", flat=True)
        ids = sorted(ids)
        return self.dice.sample(ids, min(count, len(ids)))

    def answer(self) -> None:
        from accounts.actors import link_actor
        from incidents import operations
        from incidents.models import CallOut

        waiting = list(
            CallOut.objects.filter(incident_id__in=self.running(4), state__in=["called", "acknowledged"]).values_list(
                "pk", flat=True
            )
        )
        for pk in self.dice.sample(waiting, min(self.busy, len(waiting))):
            answer = self.dice.choice(["arrive", "arrive", "acknowledge", "decline"])
            act = getattr(operations, f"{answer}_callout")
            self.safely(functools.partial(act, call_out_id=pk, by=link_actor("link", pk)))

    def work(self) -> None:
        from incidents import operations
        from incidents.models import Measure

        rows = Measure.objects.filter(incident_id__in=self.running(4), due_at__isnull=False)
        rows = rows.exclude(state__in=["done", "skipped"]).values_list("pk", flat=True)
        for pk in self.dice.sample(list(rows), min(self.busy, len(rows))):
            self.safely(lambda pk=pk: operations.complete_measure(measure_id=pk, note="done", by=self.chief))

    def turn(self) -> None:
        """The level, or the life, of one incident changes; old ones come to their end."""
        from incidents import operations
        from incidents.models import Incident

        for pk in self.running(1):
            level = self.dice.randint(1, 4)
            act = self.dice.choice(["raise_level", "lower_level", "recover", "close", "close"])
            given = {"reason": "soak"} if act != "recover" else {}
            given |= {"level": level} if "level" in act else {}
            given |= {"skip_open": True} if act == "close" else {}
            self.safely(functools.partial(getattr(operations, act), incident_id=pk, by=self.chief, **given))
        suspended = Incident.objects.filter(state="suspended").values_list("pk", flat=True)
        if suspended and self.dice.random() < 0.3:
            self.safely(lambda: operations.resume(incident_id=self.dice.choice(list(suspended)), by=self.chief))
        elif self.dice.random() < 0.05:
            for pk in self.running(1):
                self.safely(lambda pk=pk: operations.suspend(incident_id=pk, reason="soak", by=self.chief))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--incidents", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with a_house() as house:
        house.start_servers()
        story = Story(house, hours=given.hours, incidents=given.incidents, seed=given.seed)
        story.prepare()
        story.run()
        from django.db import connection

        from journal.queries import verify
        from tests.soak.checker import figures, judge

        with connection.cursor() as cursor:
            wrong = judge(cursor)
            found = figures(cursor)
        wrong["broken chains"] = len(verify())
        found |= {"kills": house.kills, "refused": story.refused, "interrupted": story.interrupted}
        print(json.dumps({"wrong": wrong, "figures": found}, indent=2))
        return 1 if any(wrong.values()) or not found["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
