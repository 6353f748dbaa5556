"""The simulator as a process of its own, and people to write to."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.processes import free_port, running

CALM = {
    "latency": 0,
    "throttle": 0,
    "error": 0,
    "hang": 0,
    "late_error": 0,
    "receipts": False,
    "out_of_service": False,
    "limited": [],
    "reviews": {},
}
CALM |= {"receipt_delay": 0.05, "receipts_lost": 0, "receipts_doubled": 0, "receipts_shuffled": False, "undelivered": 0}


class Simulator:
    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    def control(self, **knobs: object) -> dict:
        request = urllib.request.Request(f"{self.url}/control", json.dumps(knobs).encode())
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def ledger(self) -> dict:
        return self.get("/ledger?all=1")


@pytest.fixture(scope="session")
def simulator_process():
    simulator = Simulator(free_port(2))
    ledger = f"{simulator.url}/ledger"
    with running(ledger, "manage.py", "simulate_providers", SIMULATOR_PORT=str(simulator.port)):
        yield simulator


@pytest.fixture
def simulator(simulator_process, monkeypatch):
    """The running simulator, emptied and calm; this process's transports point to it."""
    for name in ("FENGHUO_SMS_URL", "FENGHUO_SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIMULATOR_PORT", str(simulator_process.port))
    simulator_process.control(clear=True, **CALM)
    return simulator_process


@pytest.fixture
def texts(db):
    """texts(3) queues three urgent messages to staff and returns them."""
    from accounts.actors import SYSTEM
    from notifications.operations import queue_message

    words = {"lv": "Ⅱ", "event": "台风利奇马", "role": "现场指挥", "time": "03:25", "url": "https://example.test/c/1"}

    def make(count: int = 1, **extra: object) -> list:
        fields = {"template": "call_out", "channel": "sms", "language": "zh-hans", "variables": words, "by": SYSTEM}
        return [
            queue_message(**{**fields, "destination": f"138{n:08d}", "key": f"call:{n}", **extra})  # type: ignore[arg-type]
            for n in range(1, count + 1)
        ]

    return make


PEOPLE = """
SELECT 'notice:' || n, %s, '139' || lpad(n::text, 8, '0'), CASE WHEN n %% 3 = 0 THEN 'en' ELSE 'zh-hans' END,
    jsonb_build_object('no', 'SO' || n, 'cause', '台风', 'eta', '8月12日', 'url', 'https://example.test/s/' || n)
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def launched(commander, monkeypatch):
    """launched(250) fills and launches a batch of that many delay notices; chunk=100: in chunks of a hundred."""
    from notifications.operations import batches, fill_batch, launch_batch, open_batch

    def make(
        count: int,
        *,
        exercise: int | None = None,
        channel: str = "sms",
        urgent: bool = False,
        chunk: int = batches.CHUNK_SIZE,
    ):
        monkeypatch.setattr(batches, "CHUNK_SIZE", chunk)
        facts = {"reference": "incident:1", "key": "notice:1", "exercise": exercise, "urgent": urgent}
        batch = open_batch(template="delay", by=commander, **facts)
        fill_batch(batch.pk, PEOPLE, [channel, count])
        return launch_batch(batch_id=batch.pk, by=commander)

    return make


@pytest.fixture
def gateway(simulator, monkeypatch, db):
    """gateway(TENCENT, per_minute=20) makes a gateway of the browser's to the simulator."""
    from tests.notifications.providers import add_gateway

    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    return lambda provider, **fields: add_gateway(provider, simulator.url, **fields)


@pytest.fixture
def limited(gateway):
    """limited(per_minute=20): the same, to the simulated Aliyun."""
    from tests.notifications.providers import ALIYUN

    return lambda **fields: gateway(ALIYUN, **fields)
