from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from aiohttp import web
from django.core.management import BaseCommand, CommandParser

from notifications import gateways
from notifications.simulator.app import Simulator


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Stand in for the SMS, voice and mail providers on this machine (loopback only); see /phone, /ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="default: the web port plus one; mail is one above")
        parser.add_argument("--no-mail", action="store_true", help="do not open the mail sink")
        parser.add_argument("--ledger", type=Path, help="also append every accepted message to this JSON-lines file")
        parser.add_argument("--set", action="append", default=[], metavar="KNOB=VALUE", help="see /control")

    def handle(self, *args: object, **options: object) -> None:
        try:
            import uvloop
        except ImportError:
            asyncio.run(self.main(options))
        else:
            uvloop.run(self.main(options))

    async def main(self, options: dict[str, object]) -> None:
        account = gateways.aliyun()
        ledger = options["ledger"]
        simulator = Simulator(
            key_id=account.key_id,
            secret=account.secret,
            receipt_urls={
                **{kind: gateways.receipt_url(f"aliyun/{kind}") for kind in ("sms", "voice")},
                "tencent": gateways.receipt_url("tencent/sms"),
                "push": gateways.receipt_url("push"),
                "wechat": gateways.wechat_url(),
            },
            wechat_token=gateways.wechat_token(),
            ledger_file=ledger if isinstance(ledger, Path) else None,
        )
        knobs = dict(pair.split("=", 1) for pair in options["set"])  # type: ignore[attr-defined]
        if given := os.environ.get("FENGHUO_SIMULATOR_KNOBS"):
            knobs = dict(pair.split("=", 1) for pair in given.split(",")) | knobs
        simulator.knobs.set(knobs)
        port = int(str(options["port"])) or gateways.simulator_port()
        runner = web.AppRunner(simulator.application(), access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, gateways.LOOPBACK, port).start()
        if not options["no_mail"]:
            try:
                await asyncio.start_server(simulator.mail.serve, gateways.LOOPBACK, port + 1)
            except OSError as error:
                self.stderr.write(f"no mail sink: {error}")
        self.stdout.write(f"simulated phones: http://{gateways.LOOPBACK}:{port}/phone")
        self.stdout.flush()
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await stopping.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runner.cleanup(), 1)
