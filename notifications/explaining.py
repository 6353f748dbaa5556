"""A provider's answer in plain words: what its code means, and what happens now."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.errors import Policy, rule_of
from notifications.states import MessageState, Outcome

POLICIES: dict[Policy, Promise] = {
    Policy.RETRY: _("It is tried again."),
    Policy.NEVER: _("It is not tried again."),
    Policy.SWITCH: _("Until it is mended another gateway of the channel sends; without one its messages wait."),
}
# What a code is about, found by its wording; the first that fits.
MEANINGS: list[tuple[str, Promise]] = [
    (r"^OK$|^$", _("The provider took the message.")),
    (
        r"OUT_OF_SERVICE|AMOUNT_NOT_ENOUGH|InsufficientBalance|SubscriptionArrears|ARREARS",
        _("The account is in arrears."),
    ),
    (r"forbidden_address", _("The address leads into a network that this installation does not send to.")),
    (r"unreachable", _("Nobody answers at the address.")),
    (r"no_answer|http_50[24]|lost", _("The call left, but no answer came: nobody knows yet whether it was taken.")),
    (r"internal", _("Something failed on our side: nobody knows yet whether it left.")),
    (r"lease_over", _("Its worker stood still for too long, so it was not sent then.")),
    (r"no_gateway", _("No gateway of this channel can send now.")),
    (r"number_limit|BUSINESS_LIMIT|DailyLimit|HourLimit|ThirtySecondLimit", _("The number has had its messages.")),
    (r"no_consent|43101|43004", _("The person has given no consent for another message.")),
    (
        r"Signature(DoesNotMatch|Failure)|SecretId|AccessKey|AuthFailure|4000[12]|40014|42001|40125|401$|403$|smtp_login",
        _("The provider does not accept our key: check its id and secret."),
    ),
    (r"SIGN(ATURE)?_ILLEGAL|SignatureIncorrect|MissingSignature", _("The signature is not approved by the provider.")),
    (
        r"template_not_registered|TEMPLATE|Template|40037",
        _("The provider does not know these words: register the template there and enter its id."),
    ),
    (
        r"NOT_ON_SERVICE|TERMINAL_ERROR|UNDELIV|EXPIRED",
        _("The phone is off or out of reach, or its number is not in use."),
    ),
    (r"MOBILE_NUMBER|IncorrectPhoneNumber|bad_address|smtp_55|40003|410$", _("The address is not valid.")),
    (r"BLACK|Blacklist", _("The person does not want messages.")),
    (r"PARAM|Parameter|47003|bad_header", _("A variable cannot be used as it is.")),
    (r"Sensitive|SENSITIVE|KEYWORD", _("The words are forbidden by the provider.")),
    (r"Throttling|RequestLimit|LimitExceeded|Frequency|45009|429$|130101|11232", _("The provider takes no more now.")),
    (r"DENY_IP|IpNot|19022|40164", _("The provider does not let our network address in.")),
    (r"PERMISSION|Unauthorized|UN_SUBSCRIPT|ACCOUNT", _("The account may not do this.")),
]
WELL = {MessageState.QUEUED, MessageState.SENT, MessageState.DELIVERED, Outcome.ACCEPTED}
# What came of a webhook that no system answered (transports.webhook.Answered.problem), in a word or two.
TROUBLES: dict[str, Promise] = {
    "address": _("address not valid"),
    "private_address": _("address not allowed"),
    "plain_http": _("https wanted"),
    "redirect": _("sent elsewhere"),
    "refused": _("connection refused"),
    "timeout": _("no answer in time"),
    "tls": _("certificate not valid"),
    "unknown_host": _("host not known"),
}
UNKNOWN = _("The provider answered with a code that is not known here.")


def meaning(code: str) -> str:
    """One sentence on a code, in the active language."""
    return str(next((words for pattern, words in MEANINGS if re.search(pattern, code)), UNKNOWN))


def why(state: str, code: str) -> str:
    """What the code of a message or call means, where something went wrong; "" where nothing did."""
    return meaning(code) if code and state not in WELL else ""


def trouble(problem: str) -> str:
    """What came of a webhook, in the active language; what has no words of its own stays as it is."""
    return str(TROUBLES.get(problem, problem))


def consequence(kind: str, code: str) -> str:
    """What the engine does after a refusal with this code."""
    return str(POLICIES[rule_of(kind, code).policy])
