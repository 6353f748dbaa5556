"""A mail server that keeps what it is given: just enough of RFC 5321 for one sender at a time."""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from email.utils import parseaddr

from notifications.simulator.ledger import Accepted, Ledger

LONGEST = 1_000_000


class MailSink:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        recipients: list[str] = []
        say("220 simulator ESMTP")
        try:
            while line := await reader.readline():
                words = line.decode("utf-8", "replace").strip()
                verb = words[:4].upper()
                if verb in {"EHLO", "HELO"}:
                    say("250-simulator" if verb == "EHLO" else "250 simulator")
                    if verb == "EHLO":
                        say("250-8BITMIME")
                        say("250 SMTPUTF8")
                elif verb == "RCPT":
                    recipients.append(parseaddr(words[8:].split(" ")[0])[1])
                    say("250 OK")
                elif verb == "DATA":
                    say("354 go on")
                    await writer.drain()
                    self.keep(await read_data(reader), recipients)
                    recipients = []
                    say("250 kept")
                elif verb == "QUIT":
                    say("221 bye")
                    break
                elif verb in {"MAIL", "RSET", "NOOP"}:
                    say("250 OK")
                else:
                    say("502 not here")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain", "html"))
        text = body.get_content().strip() if body is not None else ""
        identity = str(mail["Message-ID"] or "")
        self.ledger.calls["mail"] += 1
        for address in recipients:
            self.ledger.accept([Accepted(address, "email", "", identity, identity, time.time(), 3)])
            self.ledger.show(address, "email", text, subject=str(mail["Subject"] or ""))


async def read_data(reader: asyncio.StreamReader) -> bytes:
    lines: list[bytes] = []
    size = 0
    while (line := await reader.readline()) not in {b".\r\n", b""}:
        size += len(line)
        if size > LONGEST:
            raise ValueError("mail too large")
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)
