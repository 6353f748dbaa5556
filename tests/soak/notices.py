"""100,000 notices through a provider that fails, while workers are killed, Valkey is flushed and PostgreSQL restarted.

    python -m tests.soak.notices [--count 100000] [--kills 20] [--seed 1] [--ledger FILE] [--patience 900]

Short messages in calls of a hundred and one mail in a hundred by itself; neither provider drops repeats. 1 % of calls
are answered with 429, 2 % with 500, 0.3 % are taken and never answered; every receipt comes twice, in any order. Each
kill strikes while calls are under way. When nothing is queued any more the clock is set forward, so that what the
provider denies for ten minutes is sent after all. At the end `judge` compares the provider's ledger with the database.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.soak.house import House, a_house

KNOBS = {"throttle": 0.01, "error": 0.02, "hang": 0.003, "latency": 0.3, "receipts_doubled": 1, "undelivered": 0.01}
LEASE = 12  # seconds, longer than the longest call: what a killed worker had is taken over after it
AUDIENCE = """
SELECT 'soak:' || n, CASE WHEN n %% 100 = 0 THEN 'email' ELSE 'sms' END,
    CASE WHEN n %% 100 = 0 THEN 'c' || n || '@example.test' ELSE '139' || lpad(n::text, 8, '0') END, 'zh-hans',
    jsonb_build_object('no', 'SO' || n, 'cause', '台风', 'eta', '8月12日', 'url', 'https://example.test/s/' || n)
FROM generate_series(1, %s) AS n
"""


class Story:
    def __init__(self, house: House, *, count: int, kills: int, seed: int, ledger: Path, patience: float) -> None:
        self.house, self.count, self.kills, self.ledger = house, count, kills, ledger
        self.dice = random.Random(seed)
        self.patience = patience
        self.simulator = f"http://127.0.0.1:{os.environ['SIMULATOR_PORT']}"

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.simulator + path, timeout=30) as answer:
            return json.load(answer)

    def accepted(self) -> int:
        return self.get("/ledger")["accepted"]

    def set(self, **knobs: object) -> None:
        request = urllib.request.Request(f"{self.simulator}/control", json.dumps(knobs).encode())
        urllib.request.urlopen(request, timeout=30).close()

    def until(self, true: Callable[[], object], what: str, seconds: float | None = None) -> None:
        """Wait; a database that is away, or a provider that is busy, is asked again."""
        from django.db import Error, connection

        end = time.monotonic() + (seconds or self.patience)
        while True:
            try:
                if true():
                    return
            except (Error, OSError):
                connection.close()
            assert time.monotonic() < end, f"did not come: {what}"
            time.sleep(0.1)

    def prepare(self) -> int:
        import django

        django.setup()
        from django.core.management import call_command

        from accounts.actors import SYSTEM
        from notifications.operations import fill_batch, open_batch

        call_command("migrate", verbosity=0)
        self.house.start_web()
        self.house.start_simulator(self.ledger)
        self.until(self.accepted_is_read, "the simulator", 60)
        self.set(receipts_shuffled=True, **KNOBS)
        batch = open_batch(template="delay", by=SYSTEM, reference="soak:1", key="soak")
        assert fill_batch(batch.pk, AUDIENCE, [self.count]) == self.count
        return batch.pk

    def accepted_is_read(self) -> bool:
        return self.accepted() >= 0

    def run(self, batch_id: int) -> None:
        from accounts.actors import SYSTEM
        from notifications.operations import launch_batch
        from tests.times import shift

        for name in self.house.names:
            self.house.start_worker(name)
        launch_batch(batch_id=batch_id, by=SYSTEM)
        for number in range(1, self.kills + 1):
            self.fault(number)
        self.until(lambda: self.settled(batch_id), "every message has left the queue")
        # What a killed worker had begun and the provider denies is sent after ten minutes; other tries wait less.
        for _round in range(40):
            if self.clear(batch_id):
                break
            shift(minutes=3)
            time.sleep(1.5)
            self.until(lambda: self.settled(batch_id), "what was denied is sent")
        self.until(lambda: not self.get("/control")["receipts"]["waiting"], "all receipts are pushed")

    def fault(self, number: int) -> None:
        """A kill while calls are under way; once with an empty Valkey, once with a database that restarts."""
        from django.db import connection

        seen, share = self.accepted(), self.count / (self.kills + 4)
        wanted = min(self.count * 0.97, share * number)
        self.until(lambda: self.accepted() > max(seen, wanted), f"sending goes on after fault {number - 1}")
        if number == self.kills // 3 + 1:
            self.house.flush()
        if number == self.kills // 2 + 1:
            connection.close()
            self.house.restart_postgres()
        self.house.kill_worker(self.dice.choice(self.house.names))

    def settled(self, batch_id: int) -> bool:
        from notifications.queries import batch_progress

        return batch_progress(batch_id).queued == 0

    def clear(self, batch_id: int) -> bool:
        """Nothing is queued, and nobody is asked about anything any more."""
        from notifications.models import Attempt

        return self.settled(batch_id) and not Attempt.objects.filter(outcome__in=["open", "ambiguous"]).exists()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=900.0)
    parser.add_argument("--ledger", type=Path)
    given = parser.parse_args()
    os.environ["FENGHUO_SEND_LEASE"] = str(LEASE)
    began = time.monotonic()
    with a_house() as house:
        house.open_ports()
        house.start_servers()
        ledger = given.ledger or house.home / "ledger.jsonl"
        story = Story(
            house, count=given.count, kills=given.kills, seed=given.seed, ledger=ledger, patience=given.patience
        )
        story.run(story.prepare())
        from django.db import connection

        from journal.queries import verify
        from tests.soak.judge import figures, judge

        with connection.cursor() as cursor:
            wrong = judge(cursor, ledger)
            found: dict[str, object] = figures(cursor, ledger)
        wrong["broken chains"] = len(verify())
        wrong["missing messages"] = given.count - int(str(found["messages"]))
        found |= {"kills": house.kills, "refused": story.get("/ledger")["refused"]}
        found["seconds"] = round(time.monotonic() - began)
        print(json.dumps({"wrong": wrong, "figures": found}, indent=2))
        return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
