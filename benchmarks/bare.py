"""What sending is measured against: bare clients of the same provider, without any database, and one Celery task per
notice. `python -m benchmarks.bare batches|each COUNT FIRST` is one client process, started by `benchmarks.notices`.

Bare clients build and sign the same requests from messages that lie ready in memory and make as many calls at once as a
worker process of the house: threads with calls of a hundred, or asyncio with one call each.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from celery import Celery

from benchmarks.ground import Stopwatch

ROOT = Path(__file__).resolve().parent.parent
WORDS = {"no": "SO{n:012}", "cause": "台风利奇马", "eta": "8月14日18时", "url": "https://example.test/s/{n:010}"}
TEMPLATE = "SMS_DELAY_ZH"

app = Celery("bare")
app.config_from_object("django.conf:settings", namespace="CELERY")


@dataclass(frozen=True)
class Work:
    """How fast it went, and how long processors worked for one notice, in microseconds."""

    rate: float
    each: float


@app.task(name="benchmarks.send_one", queue="bench")
def send_one(message_id: int) -> None:
    """A notice as a task of its own: read it, make the call, write that it was sent."""
    from django.db import connection

    from notifications import gateways
    from notifications.transports import Call, Item, transport_for

    with connection.cursor() as cursor:
        cursor.execute("SELECT key, destination, variables FROM notifications_message WHERE id = %s", [message_id])
        key, destination, variables = cursor.fetchone()
        item = Item(message_id, key, destination, variables if isinstance(variables, dict) else loads(variables))
        transport_for(gateways.aliyun()).deliver(Call(f"one{message_id}", TEMPLATE, [item]))
        cursor.execute("UPDATE notifications_message SET state = 'sent' WHERE id = %s", [message_id])


def loads(text: str) -> dict[str, str]:
    import msgspec

    return msgspec.json.decode(text, type=dict[str, str])


def variables(number: int) -> dict[str, str]:
    return {name: text.format(n=number) for name, text in WORDS.items()}


def batches(count: int, first: int) -> Stopwatch:
    from notifications import gateways
    from notifications.engine.run import CALLS_AT_ONCE
    from notifications.transports import Call, Item
    from notifications.transports.aliyun import Sms

    sms = Sms(gateways.aliyun())
    items = [Item(number, str(number), f"139{number:08}", variables(number)) for number in range(first, first + count)]
    calls = [Call(f"bare{items[at].id}", TEMPLATE, items[at : at + 100]) for at in range(0, count, 100)]
    wait_for_start()
    with Stopwatch() as watch, ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        list(pool.map(sms.deliver, calls))
    return watch


def each(count: int, first: int) -> Stopwatch:
    return asyncio.run(each_by_asyncio(count, first))


async def each_by_asyncio(count: int, first: int) -> Stopwatch:
    import aiohttp

    from notifications import gateways
    from notifications.engine.run import CALLS_AT_ONCE
    from notifications.transports.aliyun import as_json
    from notifications.transports.rpc import HEADERS, request_of

    account = gateways.aliyun()
    waiting = [(f"139{number:08}", variables(number), f"bare{number}") for number in range(first, first + count)]
    connector = aiohttp.TCPConnector(limit=CALLS_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            while waiting:
                phone, values, key = waiting.pop()
                parameters = {"PhoneNumbers": phone, "SignName": account.sign_name, "TemplateCode": TEMPLATE}
                parameters |= {"TemplateParam": as_json(values), "OutId": key}
                body = request_of("SendSms", "2017-05-25", parameters, account)
                async with session.post(account.url, data=body, headers=HEADERS) as answer:
                    assert (await answer.json(content_type=None))["Code"] == "OK"

        wait_for_start()
        with Stopwatch() as watch:
            await asyncio.gather(*[work() for _number in range(CALLS_AT_ONCE)])
    return watch


def wait_for_start() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def send(kind: str, count: int, processes: int) -> tuple[float, float]:
    """Notices a second, and the seconds that the client processes worked."""
    part = count // processes
    clients = []
    for number in range(processes):
        command = [sys.executable, "-m", "benchmarks.bare", kind, str(part), str(number * part + 1)]
        pipe = subprocess.PIPE
        clients.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
    for client in clients:
        assert client.stdout
        client.stdout.readline()
    for client in clients:
        assert client.stdin
        client.stdin.write("go\n")
        client.stdin.flush()
    seconds, worked = [], 0.0
    for client in clients:
        assert client.stdout
        took, cpu = map(float, client.stdout.readline().split())
        seconds.append(took)
        worked += cpu
        client.wait()
    return part * processes / max(seconds), worked


def main() -> None:
    import django

    django.setup()
    kind, count, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    watch = {"batches": batches, "each": each}[kind](count, first)
    print(watch.seconds, watch.cpu, flush=True)


if __name__ == "__main__":
    main()
