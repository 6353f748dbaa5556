"""Where the gateways are and with which keys: from the environment, else the simulator on this machine.

Settings are read when asked for, so that a test can point a process elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

from django.conf import settings

LOOPBACK = "127.0.0.1"


def derived_secret(purpose: str) -> str:
    """A secret that the processes of one installation share without any configuration."""
    return hmac.new(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:40]


def simulator_port() -> int:
    """The simulator's HTTP port: SIMULATOR_PORT, else the web port plus one. Its mail sink is one above."""
    return int(os.environ.get("SIMULATOR_PORT") or int(os.environ.get("PORT") or 8000) + 1)


@dataclass(frozen=True)
class AliyunAccount:
    url: str
    key_id: str
    secret: str
    sign_name: str


def aliyun(service: str = "SMS") -> AliyunAccount:
    """FENGHUO_SMS_URL, _ACCESS_KEY_ID, _ACCESS_KEY_SECRET, _SIGN_NAME; FENGHUO_VOICE_URL for voice calls."""
    url = os.environ.get("FENGHUO_SMS_URL") or f"http://{LOOPBACK}:{simulator_port()}"
    if service == "VOICE":
        url = os.environ.get("FENGHUO_VOICE_URL") or url
    return AliyunAccount(
        url=url.rstrip("/"),
        key_id=os.environ.get("FENGHUO_SMS_ACCESS_KEY_ID") or "simulator",
        secret=os.environ.get("FENGHUO_SMS_ACCESS_KEY_SECRET") or derived_secret("aliyun"),
        sign_name=os.environ.get("FENGHUO_SMS_SIGN_NAME") or "烽火",
    )


def bots_url() -> str:
    """FENGHUO_BOTS_URL: where group robots are reached, "" for their own addresses ("direct"), else the simulator."""
    given = os.environ.get("FENGHUO_BOTS_URL") or f"http://{LOOPBACK}:{simulator_port()}"
    return "" if given == "direct" else given.rstrip("/")


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str


def mail_server() -> MailServer:
    """FENGHUO_SMTP_HOST, _PORT, _USER, _PASSWORD, _SECURITY ("", "starttls" or "ssl") and _FROM."""
    host = os.environ.get("FENGHUO_SMTP_HOST") or ""
    return MailServer(
        host=host or LOOPBACK,
        port=int(os.environ.get("FENGHUO_SMTP_PORT") or (25 if host else simulator_port() + 1)),
        user=os.environ.get("FENGHUO_SMTP_USER") or "",
        password=os.environ.get("FENGHUO_SMTP_PASSWORD") or "",
        security=os.environ.get("FENGHUO_SMTP_SECURITY") or "",
        sender=os.environ.get("FENGHUO_SMTP_FROM") or "Fenghuo <fenghuo@localhost>",
    )


def receipt_token() -> str:
    """What a provider's receipts must carry in their address: FENGHUO_RECEIPT_TOKEN, else a derived secret."""
    return os.environ.get("FENGHUO_RECEIPT_TOKEN") or derived_secret("receipts")


def receipt_url(kind: str = "sms") -> str:
    return f"{settings.PUBLIC_URL}/api/v1/receipts/aliyun/{kind}?token={receipt_token()}"


def simulated(url: str) -> bool:
    return url.startswith((f"http://{LOOPBACK}:", "http://localhost:"))
