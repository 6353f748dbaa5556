"""The simulated Aliyun: signature check, SendSms, SendBatchSms, QuerySendDetails, GetSmsTemplate, SingleCallByTts,
IvrCall, receipts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
from aiohttp import web

from notifications.defaults import KEY_WORDS, provider_code
from notifications.defaults import rows as default_rows
from notifications.simulator.faults import LateError, Refused, perform
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import CHINA, Accepted, Ledger, fill, variables

ASKED = {"QuerySendDetails", "GetSmsTemplate"}
NUMBER = re.compile(r"1\d{10}|00\d{6,16}")
CANONICAL = re.compile(rb"[A-Za-z0-9_.~%-]*")
STALE = timedelta(minutes=15)
MOST_NONCES = 200_000
LONGEST_OUT_ID, LONGEST_SPOKEN = 15, 250  # of calls


def registered_templates() -> dict[str, str]:
    """What was registered with the provider beforehand: the default words, plain and for drills."""
    found = {}
    for row in default_rows():
        if code := provider_code(row):
            found[code] = row["body"]
            found[f"{code}_DRILL"] = "【演练】" + row["body"]
    return found | {KEY_WORDS: "收到，谢谢。"}


class Aliyun:
    arrears = Refused("isv.OUT_OF_SERVICE", "业务停机", status=200)
    throttled = Refused("Throttling.User", "Request was denied due to user flow control.", status=429)
    broken = Refused("InternalError", "The request processing has failed.", status=500)

    def __init__(self, ledger: Ledger, knobs: Knobs, *, key_id: str, secret: str) -> None:
        self.ledger, self.knobs = ledger, knobs
        self.key_id, self.secret = key_id, secret.encode()
        self.templates = registered_templates()
        self.nonces: dict[str, None] = {}
        self.on_accepted: Callable[[list[Accepted]], None] = lambda rows: None
        self.actions: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
            "SendSms": self.send_sms,
            "SendBatchSms": self.send_batch_sms,
            "QuerySendDetails": self.query_send_details,
            "GetSmsTemplate": self.get_sms_template,
            "SingleCallByTts": self.single_call_by_tts,
            "IvrCall": self.ivr_call,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read() if request.method == "POST" else request.query_string.encode()
        try:
            parameters = self.verify(request.method, raw)
            name = parameters.get("Action", "")
            action = self.actions.get(name)
            if action is None:
                raise Refused("InvalidAction.NotFound", status=404)
            body = await perform(self, name, partial(action, parameters), asked=name in ASKED)
        except Refused as refusal:
            self.ledger.refused[refusal.code] += 1
            body = {"Code": refusal.code, "Message": refusal.message, "RequestId": str(uuid.uuid4()).upper()}
            return web.Response(status=refusal.status, body=msgspec.json.encode(body), content_type="application/json")
        except LateError:
            return web.Response(status=504, text="Gateway Time-out")
        body = {"Code": "OK", "Message": "OK", "RequestId": str(uuid.uuid4()).upper(), **body}
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")

    def verify(self, method: str, raw: bytes) -> dict[str, str]:
        """The parameters, if the signature over them is right, fresh, and used for the first time."""
        pairs = [pair.partition(b"=")[::2] for pair in raw.split(b"&") if pair]
        parameters: dict[str, str] = {}
        try:
            for name, value in pairs:
                parameters[decode(name)] = decode(value)
        except UnicodeDecodeError as error:
            raise Refused("InvalidParameter", "not UTF-8") from error
        given = parameters.pop("Signature", "")
        if all(CANONICAL.fullmatch(value) for _name, value in pairs):
            encoded = sorted(pair for pair in pairs if pair[0] != b"Signature")
        else:
            encoded = sorted((percent(name), percent(value)) for name, value in parameters.items())
        query = b"&".join(name + b"=" + value for name, value in encoded)
        text = method.encode() + b"&%2F&" + query.replace(b"%", b"%25").replace(b"=", b"%3D").replace(b"&", b"%26")
        expected = base64.b64encode(hmac.new(self.secret + b"&", text, hashlib.sha1).digest()).decode()
        if parameters.get("AccessKeyId") != self.key_id:
            raise Refused("InvalidAccessKeyId.NotFound", status=404)
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refused("SignatureDoesNotMatch", "Specified signature does not match our calculation.")
        try:
            sent = datetime.strptime(parameters.get("Timestamp", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise Refused("InvalidTimeStamp.Format") from error
        if abs(datetime.now(UTC) - sent) > STALE:
            raise Refused("InvalidTimeStamp.Expired")
        nonce = parameters.get("SignatureNonce", "")
        if not nonce or nonce in self.nonces:
            raise Refused("SignatureNonceUsed")
        self.nonces[nonce] = None
        if len(self.nonces) > MOST_NONCES:
            del self.nonces[next(iter(self.nonces))]
        return parameters

    def accept(
        self,
        numbers: list[str],
        values: list[dict[str, Any]],
        code: str,
        channel: str,
        out_id: str,
        *,
        keypad: bool = False,
    ) -> str:
        text = self.templates.get(code)
        if text is None or code in self.knobs.reviews:
            kind = "TTS" if channel == "voice" else "SMS"
            raise Refused(f"isv.{kind}_TEMPLATE_ILLEGAL", "模板不合法", status=200)
        needed = variables(text)
        for number in numbers:
            if not NUMBER.fullmatch(number):
                raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号", status=200)
        if self.knobs.limited and not set(numbers).isdisjoint(self.knobs.limited):
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", "触发号码天级流控", status=200)
        for one in values:
            if not needed <= one.keys():
                raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量", status=200)
        provider_id, at = self.ledger.provider_id(), time.time()
        rows = [Accepted(number, channel, code, out_id, provider_id, at, keypad=keypad) for number in numbers]
        self.ledger.accept(rows)
        for number, one in list(zip(numbers, values, strict=True))[:3]:
            self.ledger.show(number, channel, fill(text, one), bulk=len(numbers) > 1)
        self.on_accepted(rows)
        return provider_id

    def send_sms(self, parameters: dict[str, str]) -> dict[str, Any]:
        numbers = parameters.get("PhoneNumbers", "").split(",")
        if len(numbers) > 1000:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", status=200)
        require_sign_name(parameters.get("SignName"))
        values = from_json(parameters.get("TemplateParam") or "{}", dict)
        return {"BizId": self.accept(numbers, [values] * len(numbers), *self.call_of(parameters))}

    def send_batch_sms(self, parameters: dict[str, str]) -> dict[str, Any]:
        numbers = from_json(parameters.get("PhoneNumberJson", ""), list)
        values = from_json(parameters.get("TemplateParamJson", ""), list)
        names = from_json(parameters.get("SignNameJson", ""), list)
        if len(numbers) > 100:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", status=200)
        if not len(numbers) == len(values) == len(names):
            raise Refused("isv.INVALID_PARAMETERS", "参数异常", status=200)
        require_sign_name(*names)
        return {"BizId": self.accept(numbers, values, *self.call_of(parameters))}

    @staticmethod
    def call_of(parameters: dict[str, str]) -> tuple[str, str, str]:
        return parameters.get("TemplateCode", ""), "sms", parameters.get("OutId", "")

    def single_call_by_tts(self, parameters: dict[str, str]) -> dict[str, Any]:
        return self.call(parameters, "TtsCode", "TtsParam")

    def ivr_call(self, parameters: dict[str, str]) -> dict[str, Any]:
        """Only from a number of one's own, and with words for each key."""
        keys = {name: value for name, value in parameters.items() if name.startswith("MenuKeyMap.")}
        if not parameters.get("CalledShowNumber") or not keys.get("MenuKeyMap.1.Key"):
            raise Refused("isv.INVALID_PARAMETERS", "参数异常", status=200)
        if not {value for name, value in keys.items() if name.endswith(".Code")} <= self.templates.keys():
            raise Refused("isv.TTS_TEMPLATE_ILLEGAL", "文本转语音模板不合法", status=200)
        return self.call(parameters, "StartCode", "StartTtsParams", keypad=True)

    def call(self, parameters: dict[str, str], code: str, values: str, *, keypad: bool = False) -> dict[str, Any]:
        spoken = from_json(parameters.get(values) or "{}", dict)
        out_id = parameters.get("OutId", "")
        if len(out_id.encode()) > LONGEST_OUT_ID:
            raise Refused("isv.INVALID_PARAMETERS", "参数异常", status=200)
        if sum(len(str(value)) for value in spoken.values()) >= LONGEST_SPOKEN:
            raise Refused("isv.PARAM_LENGTH_LIMIT", "参数超出长度限制", status=200)
        if any("://" in str(value) for value in spoken.values()):
            raise Refused("isv.PARAM_NOT_SUPPORT_URL", "不支持在变量中传URL", status=200)
        number = parameters.get("CalledNumber", "")
        return {"CallId": self.accept([number], [spoken], parameters.get(code, ""), "voice", out_id, keypad=keypad)}

    def query_send_details(self, parameters: dict[str, str]) -> dict[str, Any]:
        number = parameters.get("PhoneNumber", "")
        day = parameters.get("SendDate", "")
        size, page = int(parameters.get("PageSize") or 10), int(parameters.get("CurrentPage") or 1)
        rows = [
            row
            for row in reversed(self.ledger.by_number.get(number, []))
            if row.channel == "sms" and datetime.fromtimestamp(row.at, CHINA).strftime("%Y%m%d") == day
        ]
        details = [
            {
                "PhoneNum": row.number,
                "SendStatus": row.status,
                "ErrCode": row.code,
                "TemplateCode": row.template,
                "OutId": row.out_id,
                "SendDate": stamp(row.at),
            }
            for row in rows[(page - 1) * size : page * size]
        ]
        return {"TotalCount": str(len(rows)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}

    def get_sms_template(self, parameters: dict[str, str]) -> dict[str, Any]:
        code = parameters.get("TemplateCode", "")
        if code not in self.templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法", status=200)
        state, reason = self.knobs.reviews.get(code, ["approved", ""])
        return {
            "TemplateCode": code,
            "TemplateContent": self.templates[code],
            "TemplateStatus": {"submitted": "0", "approved": "1"}.get(state, "2"),
            "AuditInfo": {"RejectInfo": reason},
        }


def decode(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode()


def percent(text: str) -> bytes:
    return quote(text, safe="~").encode()


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def require_sign_name(*names: object) -> None:
    if not all(names):
        raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法", status=200)


def from_json(text: str, kind: type) -> Any:
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Refused("isv.INVALID_JSON_PARAM", "JSON参数不合法", status=200) from error
    if not isinstance(value, kind):
        raise Refused("isv.INVALID_JSON_PARAM", "JSON参数不合法", status=200)
    return value
