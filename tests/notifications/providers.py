"""The providers that the simulator speaks for, and gateways to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from journal.clock import now
from notifications import gateways, routes
from notifications.models import Gateway, Registration, Template
from notifications.sealing import seal
from notifications.transports import transport_for


@dataclass(frozen=True)
class Provider:
    kind: str
    channel: str
    address: str
    key_id: str = "simulator"
    secret: str = "simulator-secret"
    app: str = ""
    path: str = ""
    wrong_key: str = ""
    too_many: str = ""
    broken: str = ""  # what a fault of the provider's is called; "" when its answer leaves us in doubt

    def account(self, url: str, **fields: object) -> gateways.Account:
        facts = {"kind": self.kind, "url": url + self.path, "key_id": self.key_id, "secret": self.secret}
        return gateways.Account(**{**facts, "app": self.app, "sign_name": "烽火", **fields})


ALIYUN = Provider(
    *("aliyun_sms", "sms", "13800000001"),
    secret="",
    wrong_key="SignatureDoesNotMatch",
    too_many="Throttling.User",
    broken="InternalError",
)
VOICE = Provider("aliyun_voice", "voice", "13800000001", secret="")
TENCENT = Provider(
    *("tencent_sms", "sms", "13800000001"),
    app="1400000001",
    wrong_key="AuthFailure.SignatureFailure",
    too_many="RequestLimitExceeded",
    broken="InternalError.OtherError",
)
WECHAT = Provider(
    *("wechat_subscription", "wechat", "oABCDEFGHIJKLMNOPQRSTUVWXYZ0"),
    wrong_key="wechat_40125",
    too_many="wechat_45009",
    broken="wechat_-1",
)
FOLLOWERS = replace(WECHAT, kind="wechat_template")
PUSH = Provider(
    *("push", "push", "device-token-0001"), path="/push", key_id="", wrong_key="push_401", too_many="push_429"
)
ALL = [ALIYUN, TENCENT, WECHAT, FOLLOWERS, PUSH]


def secret_of(provider: Provider) -> str:
    return provider.secret or gateways.aliyun().secret


def add_gateway(provider: Provider, url: str, **fields: object) -> Gateway:
    """A row of the browser's for it at `url`, that knows the words of every template."""
    facts = {"kind": provider.kind, "channel": provider.channel, "url": url + provider.path}
    keys = {"key_id": provider.key_id, "app": provider.app, "sealed": seal(secret_of(provider))}
    rest = {"name": provider.kind, "sign_name": "烽火", "created_at": now(), "created_by": "user:1"}
    row = Gateway.objects.create(**{**facts, **keys, **rest, **fields})
    if transport_for(routes.account_of(row)).registered and not provider.kind.startswith("aliyun"):
        for words in Template.objects.filter(channel=provider.channel):
            code = f"SMS_{words.code}_{'ZH' if words.language == 'zh-hans' else 'EN'}".upper()
            Registration.objects.create(
                template=words, kind=provider.kind, code=code, drill_code=code + "_DRILL", state="approved"
            )
    return row
