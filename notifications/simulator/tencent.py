"""The simulated Tencent Cloud SMS: signature check, SendSms, PullSmsSendStatusByPhoneNumber,
DescribeSmsTemplateList, receipts."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from notifications.simulator.aliyun import registered_templates
from notifications.simulator.faults import LateError, Refused, perform
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Accepted, Ledger, fill, variables

KEY_ID, SECRET = "simulator", "simulator-secret"
NUMBER = re.compile(r"\+\d{8,15}")
HEADER = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/([\d-]+)/(\w+)/tc3_request, SignedHeaders=([a-z;-]+), "
    r"Signature=([0-9a-f]{64})"
)
STALE_SECONDS = 300
MOST_NUMBERS = 200


class Tencent:
    """Knows the words that Aliyun's simulator knows, by the same ids; their variables are numbered."""

    arrears = Refused("FailedOperation.InsufficientBalanceInSmsPackage", "套餐包余量不足")
    throttled = Refused("RequestLimitExceeded", "请求的次数超过了频率限制")
    broken = Refused("InternalError.OtherError", "其他错误")

    def __init__(self, ledger: Ledger, knobs: Knobs) -> None:
        self.ledger, self.knobs = ledger, knobs
        self.templates = registered_templates()
        self.on_accepted: Callable[[list[Accepted]], None] = lambda rows: None
        self.actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "SendSms": self.send_sms,
            "PullSmsSendStatusByPhoneNumber": self.pull_status,
            "DescribeSmsTemplateList": self.describe_templates,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw, name = await request.read(), request.headers.get("X-TC-Action", "")
        try:
            self.verify(request, raw)
            action = self.actions.get(name)
            if action is None:
                raise Refused("InvalidAction")
            try:
                parameters = msgspec.json.decode(raw, type=dict[str, Any])
            except msgspec.DecodeError as error:
                raise Refused("FailedOperation.JsonParseFail") from error
            body = await perform(self, f"Tencent {name}", partial(action, parameters), asked=name != "SendSms")
        except Refused as refusal:
            self.ledger.refused[refusal.code] += 1
            body = {"Error": {"Code": refusal.code, "Message": refusal.message}}
        except LateError:
            return web.Response(status=504, text="Gateway Time-out")
        answer = {"Response": {**body, "RequestId": str(uuid.uuid4())}}
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

    def verify(self, request: web.Request, raw: bytes) -> None:
        found = HEADER.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            raise Refused("AuthFailure.InvalidAuthorization")
        key_id, day, service, names, given = found.groups()
        stamp = request.headers.get("X-TC-Timestamp", "")
        if key_id != KEY_ID:
            raise Refused("AuthFailure.SecretIdNotFound")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > STALE_SECONDS:
            raise Refused("AuthFailure.SignatureExpire")
        signed = names.split(";")
        if (
            not {"content-type", "host"} <= set(signed)
            or day != datetime.fromtimestamp(int(stamp), UTC).date().isoformat()
        ):
            raise Refused("AuthFailure.SignatureFailure")
        # The action is signed in lower case; its header is not.
        values = {name: request.headers.get(name, "").strip() for name in signed}
        lines = "".join(
            f"{name}:{value.lower() if name == 'x-tc-action' else value}\n" for name, value in values.items()
        )
        canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(raw).hexdigest()])
        text = "\n".join(
            ["TC3-HMAC-SHA256", stamp, f"{day}/{service}/tc3_request", hashlib.sha256(canonical.encode()).hexdigest()]
        )
        key = f"TC3{SECRET}".encode()
        for part in (day, service, "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(given, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()):
            raise Refused("AuthFailure.SignatureFailure", "签名错误")

    def send_sms(self, parameters: dict[str, Any]) -> dict[str, Any]:
        numbers = parameters.get("PhoneNumberSet") or []
        code = str(parameters.get("TemplateId"))
        text = None if code in self.knobs.reviews else self.templates.get(code)
        values = parameters.get("TemplateParamSet") or []
        if len(numbers) > MOST_NUMBERS:
            raise Refused("LimitExceeded.PhoneNumberCountLimit")
        if not str(parameters.get("SmsSdkAppId") or "").isdigit():
            raise Refused("InvalidParameterValue.SdkAppIdNotExist")
        if not parameters.get("SignName"):
            raise Refused("FailedOperation.MissingSignature")
        rows: list[Accepted] = []
        statuses = []
        for number in numbers:
            code, serial = self.problem(str(number), text, values), ""
            if code == "Ok":
                serial = f"2026:{self.ledger.provider_id()}"
                bare = str(number).removeprefix("+86")
                template, key = str(parameters.get("TemplateId")), str(parameters.get("SessionContext"))
                rows.append(Accepted(bare, "sms", template, key, serial, time.time(), provider="tencent"))
                self.ledger.show(bare, "sms", fill(text or "", by_name(text or "", values)), bulk=len(numbers) > 1)
            else:
                self.ledger.refused[code] += 1
            statuses.append({"SerialNo": serial, "PhoneNumber": number, "Fee": 1, "Code": code, "Message": code})
        self.ledger.accept(rows)
        self.on_accepted(rows)
        return {"SendStatusSet": statuses}

    def problem(self, number: str, text: str | None, values: list[Any]) -> str:
        """The code of one number's status."""
        if text is None:
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        if not NUMBER.fullmatch(number):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if number.removeprefix("+86") in self.knobs.limited:
            return "LimitExceeded.PhoneNumberDailyLimit"
        if len(values) != len(variables(text)):
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        return "Ok"

    def pull_status(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Receipts of a number, the newest first: only of messages whose fate is known."""
        bare = str(parameters.get("PhoneNumber")).removeprefix("+86")
        known = [row for row in reversed(self.ledger.by_number.get(bare, [])) if row.provider == "tencent"]
        known = [row for row in known if row.status != 1 and row.at >= int(parameters.get("BeginTime") or 0)]
        offset, limit = int(parameters.get("Offset") or 0), int(parameters.get("Limit") or 0)
        return {
            "PullSmsSendStatusSet": [
                {
                    "PhoneNumber": f"+86{row.number}",
                    "SerialNo": row.provider_id,
                    "ReportStatus": "SUCCESS" if row.status == 3 else "FAIL",
                    "Description": row.code,
                    "SessionContext": row.out_id,
                }
                for row in known[offset : offset + limit]
            ]
        }

    def describe_templates(self, parameters: dict[str, Any]) -> dict[str, Any]:
        codes = [str(number) for number in parameters.get("TemplateIdSet") or [] if isinstance(number, int)]
        return {"DescribeTemplateStatusSet": [self.described(code) for code in codes if code in self.templates]}

    def described(self, code: str) -> dict[str, Any]:
        state, reason = self.knobs.reviews.get(code, ["approved", ""])
        status = {"submitted": 1, "approved": 0}.get(state, -1)
        return {"TemplateId": int(code), "International": 0, "StatusCode": status, "ReviewReply": reason}


def by_name(text: str, values: list[Any]) -> dict[str, Any]:
    """The numbered values under the names that our words give them, in the order of their appearance there."""
    names = list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", text)))
    return dict(zip(names, values, strict=False))
