"""Short messages and voice calls through Aliyun (Dysmsapi and Dyvmsapi, 2017-05-25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from notifications.gateways import Account
from notifications.models.gateways import Review
from notifications.transports import (
    Ambiguous,
    Answer,
    Askable,
    Call,
    Examining,
    Taken,
    Transport,
    TransportError,
    Verdict,
)
from notifications.transports.rpc import RpcClient
from notifications.transports.wire import inner, rows_of

CHINA = ZoneInfo("Asia/Shanghai")
PLAY_TIMES = "2"
KEY, KEY_MILLISECONDS = "1", "8000"
STATUS = {"1": "sent", "2": "failed", "3": "delivered"}
# TemplateStatus; 10 is withdrawn.
VERDICTS = {"0": Review.SUBMITTED, "1": Review.APPROVED, "2": Review.REJECTED, "10": Review.REJECTED}
UNKNOWN_WORDS = "isv.SMS_TEMPLATE_ILLEGAL"


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def bare_number(number: str) -> str:
    """A mainland number as Aliyun and its receipts write it: without +86."""
    digits = number if number.isdigit() else "".join(character for character in number if character.isdigit())
    if len(digits) == 13 and digits.startswith("86"):
        return digits[2:]
    return digits


def require_template(call: Call) -> None:
    if not call.provider_template:
        raise TransportError("template_not_registered", "the gateway does not know these words yet", permanent=True)


class Sms(Askable, Examining):
    """SendSms for one, SendBatchSms for up to a hundred with parameters of their own. Not idempotent.

    OutId is the call's key; a receipt names OutId and number, so a call never holds the same number twice.
    """

    most: ClassVar[int] = 100

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.client = RpcClient(account)

    def deliver(self, call: Call) -> Taken:
        require_template(call)
        numbers = [bare_number(item.destination) for item in call.items]
        if len(call.items) == 1:
            answer = self.client.call(
                "SendSms",
                {
                    "PhoneNumbers": numbers[0],
                    "SignName": self.account.sign_name,
                    "TemplateCode": call.provider_template,
                    "TemplateParam": as_json(call.items[0].variables),
                    "OutId": call.key,
                },
            )
        else:
            answer = self.client.call(
                "SendBatchSms",
                {
                    "PhoneNumberJson": as_json(numbers),
                    "SignNameJson": as_json([self.account.sign_name] * len(numbers)),
                    "TemplateCode": call.provider_template,
                    "TemplateParamJson": as_json([item.variables for item in call.items]),
                    "OutId": call.key,
                },
            )
        return Taken(str(answer.get("BizId") or "")[:64])

    def ask(self, *, key: str, destination: str, since: datetime) -> Answer | None:
        """QuerySendDetails of that number and day, read until the row with our OutId."""
        number, page = bare_number(destination), 1
        while True:
            answer = self.client.call(
                "QuerySendDetails",
                {
                    "PhoneNumber": number,
                    "SendDate": since.astimezone(CHINA).strftime("%Y%m%d"),
                    "PageSize": "50",
                    "CurrentPage": str(page),
                },
            )
            rows = rows_of(inner(answer, "SmsSendDetailDTOs"), "SmsSendDetailDTO")
            for row in rows:
                if row.get("OutId") == key:
                    return Answer(STATUS.get(str(row.get("SendStatus")), "sent"), str(row.get("ErrCode") or "")[:64])
            if len(rows) < 50:
                return None
            page += 1

    def verdict(self, code: str) -> Verdict:
        """GetSmsTemplate, which took QuerySmsTemplate's place."""
        try:
            answer = self.client.call("GetSmsTemplate", {"TemplateCode": code})
        except TransportError as error:
            if error.code == UNKNOWN_WORDS:
                return Verdict(Review.REJECTED, error.code)
            raise
        return verdict_of(VERDICTS, answer.get("TemplateStatus"), inner(answer, "AuditInfo").get("RejectInfo"))


def verdict_of(known: Mapping[str, Review], status: object, why: object) -> Verdict:
    """A provider's status as our verdict, with its reason for a no. Raises Ambiguous for a status that is not known."""
    if (state := known.get(str(status))) is None:
        raise Ambiguous("unexpected", "the answer does not say how the words fare")
    return Verdict(state, str(why or "")[:200] if state == Review.REJECTED else "")


class Voice(Transport):
    """A call that reads the text twice. Not idempotent, and cannot be asked by our own key.

    SingleCallByTts tells nothing of keys that are pressed; IvrCall does, from a number that was bought (`sender`), and
    says words of their own after a key (`app`).
    """

    registered = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.client = RpcClient(account)

    def deliver(self, call: Call) -> Taken:
        require_template(call)
        (item,) = call.items
        values = as_json({name: value for name, value in item.variables.items() if not value.startswith("http")})
        common = {"CalledNumber": bare_number(item.destination), "PlayTimes": PLAY_TIMES, "OutId": call.key}
        shown = {"CalledShowNumber": self.account.sender} if self.account.sender else {}
        if call.keypad and shown and self.account.app:
            menu = {"MenuKeyMap.1.Key": KEY, "MenuKeyMap.1.Code": self.account.app, "Timeout": KEY_MILLISECONDS}
            words = {"StartCode": call.provider_template, "StartTtsParams": values}
            answer = self.client.call("IvrCall", {**common, **shown, **words, **menu})
        else:
            words = {"TtsCode": call.provider_template, "TtsParam": values}
            answer = self.client.call("SingleCallByTts", {**common, **shown, **words})
        return Taken(str(answer.get("CallId") or "")[:64])
