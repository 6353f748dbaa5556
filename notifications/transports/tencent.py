"""Short messages through Tencent Cloud (SMS 2021-01-11), signed by TC3-HMAC-SHA256.

https://cloud.tencent.com/document/api/382/55981 describes the call, https://cloud.tencent.com/document/api/382/52072
the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.models.gateways import Review
from notifications.transports import Ambiguous, Answer, Askable, Call, Examining, Taken, TransportError, Verdict
from notifications.transports.aliyun import UNKNOWN_WORDS, bare_number, require_template, verdict_of
from notifications.transports.wire import Wire, decoded, inner, require_clear, rows_of

VERSION, REGION, SERVICE = "2021-01-11", "ap-guangzhou", "sms"
CONTENT_TYPE = "application/json; charset=utf-8"
SIGNED_HEADERS = "content-type;host;x-tc-action"
PAGE = 100
VERDICTS = {
    "0": Review.APPROVED,
    "1": Review.SUBMITTED,
    "2": Review.SUBMITTED,  # approved, but not yet in force
    "-1": Review.REJECTED,
}
LONGEST_CODE = 18  # digits that fit into the number which the call wants


def e164(number: str) -> str:
    """A number as Tencent wants it: +8613800138000."""
    bare = bare_number(number)
    return f"+86{bare}" if len(bare) == 11 and bare.startswith("1") else f"+{bare}"


def authorization(account: Account, *, host: str, action: str, body: bytes, stamp: int) -> str:
    """The Authorization header of one call; `stamp` is its X-TC-Timestamp."""

    def keyed(key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    request = f"POST\n/\n\n{headers}\n{SIGNED_HEADERS}\n{hashlib.sha256(body).hexdigest()}"
    day = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{SERVICE}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = keyed(keyed(keyed(b"TC3" + account.secret.encode(), day), SERVICE), "tc3_request")
    sign = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{account.key_id}/{scope}"
    return f"TC3-HMAC-SHA256 Credential={credential}, SignedHeaders={SIGNED_HEADERS}, Signature={sign}"


class Sms(Askable, Examining):
    """SendSms for up to 200 numbers with the same variables. Not idempotent.

    The provider takes or refuses each number of a call by itself, and its receipts name the number that it gave each
    message (SerialNo). SessionContext is the call's key: by it a message is found again when it is asked about.
    """

    most: ClassVar[int] = 200
    alike = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.wire = Wire(account.url, guarded=account.guarded)
        standard = self.wire.port == (443 if self.wire.secure else 80)
        self.host = self.wire.host if standard else f"{self.wire.host}:{self.wire.port}"

    def call(self, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The answer that holds no Error. Raises TransportError or Ambiguous for anything else."""
        body, stamp = msgspec.json.encode(parameters), int(time.time())
        headers = {
            "authorization": authorization(self.account, host=self.host, action=action, body=body, stamp=stamp),
            "content-type": CONTENT_TYPE,
            "host": self.host,
            "x-tc-action": action,
            "x-tc-timestamp": str(stamp),
            "x-tc-version": VERSION,
            "x-tc-region": REGION,
        }
        status, raw = self.wire.post(body, headers)
        answer = inner(decoded(raw), "Response")
        if answer and not answer.get("Error"):
            return answer
        error = inner(answer, "Error")
        code = str(error.get("Code") or "")
        require_clear(status, code)
        code = code or f"http_{status}"
        raise self.refusal(code, str(error.get("Message") or ""))

    def refusal(self, code: str, detail: str) -> TransportError:
        return TransportError.under(rule_of(self.account.kind, code), code, detail[:200])

    def deliver(self, call: Call) -> Taken:
        require_template(call)
        numbers = {e164(item.destination): item for item in call.items}
        answer = self.call(
            "SendSms",
            {
                "PhoneNumberSet": list(numbers),
                "SmsSdkAppId": self.account.app,
                "SignName": self.account.sign_name,
                "TemplateId": call.provider_template,
                "TemplateParamSet": list(call.items[0].variables.values()),
                "SessionContext": call.key,
            },
        )
        serials: dict[int, str] = {}
        refused: dict[int, TransportError] = {}
        for row in rows_of(answer, "SendStatusSet"):
            item = numbers.get(str(row.get("PhoneNumber")))
            if item is None:
                continue
            if row.get("Code") == "Ok":
                serials[item.id] = str(row.get("SerialNo") or "")[:80]
            else:
                refused[item.id] = self.refusal(str(row.get("Code") or "unnamed"), str(row.get("Message") or ""))
        if len(serials) + len(refused) < len(call.items):
            raise Ambiguous("incomplete", "the answer does not tell of every number")
        if not serials and (len(refused) == 1 or not any(error.one for error in refused.values())):
            raise next(iter(refused.values()))
        return Taken(
            str(answer.get("RequestId") or "")[:64], [serials.get(item.id, "") for item in call.items], refused
        )

    def ask(self, *, key: str, destination: str, since: datetime) -> Answer | None:
        """PullSmsSendStatusByPhoneNumber. It lists receipts only: a message that has none may have been taken all the
        same, so that silence is no denial."""
        offset = 0
        while True:
            answer = self.call(
                "PullSmsSendStatusByPhoneNumber",
                {
                    "BeginTime": int(since.timestamp()) - 60,
                    "Offset": offset,
                    "Limit": PAGE,
                    "PhoneNumber": e164(destination),
                    "SmsSdkAppId": self.account.app,
                },
            )
            rows = rows_of(answer, "PullSmsSendStatusSet")
            for row in rows:
                if row.get("SessionContext") == key:
                    delivered = row.get("ReportStatus") == "SUCCESS"
                    return Answer("delivered" if delivered else "failed", str(row.get("Description") or "")[:64])
            if len(rows) < PAGE:
                raise Ambiguous("no_receipt", "there is no receipt yet")
            offset += PAGE

    def verdict(self, code: str) -> Verdict:
        """DescribeSmsTemplateList; only status 0 means that the words may be sent now."""
        if not (code.isascii() and code.isdigit() and len(code) <= LONGEST_CODE):
            return Verdict(Review.REJECTED, UNKNOWN_WORDS)
        answer = self.call("DescribeSmsTemplateList", {"International": 0, "TemplateIdSet": [int(code)]})
        rows = [row for row in rows_of(answer, "DescribeTemplateStatusSet") if str(row.get("TemplateId")) == code]
        row = rows[0] if rows else {"StatusCode": -1, "ReviewReply": UNKNOWN_WORDS}
        return verdict_of(VERDICTS, row.get("StatusCode"), row.get("ReviewReply"))
