"""Where the gateways are and with which keys: from the environment, else the simulator on this machine.

Settings are read when asked for, so that a test can point a process elsewhere. What is set in the browser
(notifications.routes) goes before them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from django.conf import settings

from accounts.models import Channel
from notifications.defaults import KEY_WORDS
from notifications.models.gateways import Kind

LOOPBACK = "127.0.0.1"
# The providers' own addresses, used where none is given.
HOME = {
    Kind.ALIYUN_SMS: "https://dysmsapi.aliyuncs.com",
    Kind.ALIYUN_VOICE: "https://dyvmsapi.aliyuncs.com",
    Kind.TENCENT_SMS: "https://sms.tencentcloudapi.com",
    Kind.WECHAT_SUBSCRIPTION: "https://api.weixin.qq.com",
    Kind.WECHAT_TEMPLATE: "https://api.weixin.qq.com",
}


@dataclass(frozen=True)
class Account:
    """What a transport needs to call as somebody: a gateway's row as it stood, or the environment's (`id` None).

    `guarded`: the address was chosen in the browser and must not lead into our own networks.
    """

    kind: str
    url: str
    key_id: str = ""
    secret: str = field(default="", repr=False)
    app: str = ""
    sign_name: str = ""
    sender: str = ""
    security: str = ""
    batch_size: int | None = None
    idempotent: bool = False
    guarded: bool = False
    id: int | None = None
    metered: bool = False
    per_number: bool = False
    out_code: str = ""


def derived_secret(purpose: str) -> str:
    """A secret that the processes of one installation share without any configuration."""
    return hmac.new(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:40]


def simulator_port() -> int:
    """The simulator's HTTP port: SIMULATOR_PORT, else the web port plus one. Its mail sink is one above."""
    return int(os.environ.get("SIMULATOR_PORT") or int(os.environ.get("PORT") or 8000) + 1)


def simulator_url() -> str:
    return f"http://{LOOPBACK}:{simulator_port()}"


def default_account(channel: str) -> Account | None:
    """The environment's account of a channel; None where it has none (app push and WeChat are set in the browser)."""
    makers = {Channel.SMS: aliyun, Channel.VOICE: aliyun_voice, Channel.EMAIL: mail_server, Channel.BOT: robots}
    make = makers.get(Channel(channel))
    return make() if make else None


def aliyun() -> Account:
    """FENGHUO_SMS_URL, _ACCESS_KEY_ID, _ACCESS_KEY_SECRET, _SIGN_NAME."""
    return Account(
        kind=Kind.ALIYUN_SMS,
        url=(os.environ.get("FENGHUO_SMS_URL") or simulator_url()).rstrip("/"),
        key_id=os.environ.get("FENGHUO_SMS_ACCESS_KEY_ID") or "simulator",
        secret=os.environ.get("FENGHUO_SMS_ACCESS_KEY_SECRET") or derived_secret("aliyun"),
        sign_name=os.environ.get("FENGHUO_SMS_SIGN_NAME") or "烽火",
    )


def aliyun_voice() -> Account:
    """FENGHUO_VOICE_URL, with the keys of short messages; FENGHUO_VOICE_NUMBER and _KEY_WORDS for calls that are
    answered by a key."""
    sms = aliyun()
    url = (os.environ.get("FENGHUO_VOICE_URL") or sms.url).rstrip("/")
    number, words = os.environ.get("FENGHUO_VOICE_NUMBER") or "", os.environ.get("FENGHUO_VOICE_KEY_WORDS") or ""
    if url == simulator_url():
        number, words = number or "057100000000", words or KEY_WORDS
    return Account(kind=Kind.ALIYUN_VOICE, url=url, key_id=sms.key_id, secret=sms.secret, sender=number, app=words)


def robots() -> Account:
    """FENGHUO_BOTS_URL: where group robots are reached, "" for their own addresses ("direct"), else the simulator."""
    given = os.environ.get("FENGHUO_BOTS_URL") or simulator_url()
    return Account(kind=Kind.ROBOT, url="" if given == "direct" else given.rstrip("/"))


def mail_server() -> Account:
    """FENGHUO_SMTP_HOST, _PORT, _USER, _PASSWORD, _SECURITY ("", "starttls" or "ssl") and _FROM."""
    host = os.environ.get("FENGHUO_SMTP_HOST") or ""
    port = int(os.environ.get("FENGHUO_SMTP_PORT") or (25 if host else simulator_port() + 1))
    return Account(
        kind=Kind.SMTP,
        url=f"smtp://{host or LOOPBACK}:{port}",
        key_id=os.environ.get("FENGHUO_SMTP_USER") or "",
        secret=os.environ.get("FENGHUO_SMTP_PASSWORD") or "",
        security=os.environ.get("FENGHUO_SMTP_SECURITY") or "",
        sender=os.environ.get("FENGHUO_SMTP_FROM") or "Fenghuo <fenghuo@localhost>",
    )


def receipt_token() -> str:
    """What a provider's receipts must carry in their address: FENGHUO_RECEIPT_TOKEN, else a derived secret."""
    return os.environ.get("FENGHUO_RECEIPT_TOKEN") or derived_secret("receipts")


def wechat_token() -> str:
    """The token that is entered in WeChat's console beside the address of the events."""
    return derived_secret("wechat events")[:32]


def wechat_url() -> str:
    return f"{settings.PUBLIC_URL}/api/v1/receipts/wechat"


def receipt_url(kind: str = "aliyun/sms") -> str:
    return f"{settings.PUBLIC_URL}/api/v1/receipts/{kind}?token={receipt_token()}"


def simulated(url: str) -> bool:
    return url.startswith(
        tuple(f"{scheme}://{host}:" for scheme in ("http", "smtp") for host in (LOOPBACK, "localhost"))
    )
