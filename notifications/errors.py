"""What a provider's error code means: try later, never, or look for another provider. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Policy(Enum):
    RETRY = "retry"  # nothing was sent; the same call may succeed later
    NEVER = "never"  # it will never succeed
    SWITCH = "switch"  # this provider cannot send for us now: an administrator must act


@dataclass(frozen=True)
class Rule:
    """`wait`: at least so many seconds before the next try. `one`: the fault lies in one recipient of the call, so
    that the others can be sent without it."""

    policy: Policy
    wait: int = 0
    one: bool = False


RETRY, NEVER, SWITCH = Policy.RETRY, Policy.NEVER, Policy.SWITCH

# Aliyun short messages and voice: "error codes" in the API references of Dysmsapi and Dyvmsapi 2017-05-25.
ALIYUN: dict[str, Rule] = {
    "isv.BUSINESS_LIMIT_CONTROL": Rule(RETRY, wait=60, one=True),
    "isv.DAY_LIMIT_CONTROL": Rule(RETRY, wait=3600),
    "Throttling": Rule(RETRY, wait=1),
    "Throttling.User": Rule(RETRY, wait=1),
    "Throttling.Api": Rule(RETRY, wait=1),
    "isp.SYSTEM_ERROR": Rule(RETRY, wait=5),
    "isp.RAM_PERMISSION_DENY": Rule(SWITCH),
    "InternalError": Rule(RETRY, wait=5),
    "ServiceUnavailable": Rule(RETRY, wait=5),
    "isv.MOBILE_NUMBER_ILLEGAL": Rule(NEVER, one=True),
    "isv.MOBILE_COUNT_OVER_LIMIT": Rule(NEVER),
    "isv.TEMPLATE_MISSING_PARAMETERS": Rule(NEVER, one=True),
    "isv.INVALID_PARAMETERS": Rule(NEVER, one=True),
    "isv.PARAM_LENGTH_LIMIT": Rule(NEVER, one=True),
    "isv.PARAM_NOT_SUPPORT_URL": Rule(NEVER, one=True),
    "isv.INVALID_JSON_PARAM": Rule(NEVER, one=True),
    "isv.BLACK_KEY_CONTROL_LIMIT": Rule(NEVER, one=True),
    "isv.DENY_IP_RANGE": Rule(SWITCH),
    "isv.SMS_TEMPLATE_ILLEGAL": Rule(NEVER),
    "isv.TTS_TEMPLATE_ILLEGAL": Rule(NEVER),
    "isv.TEMPLATE_ILLEGAL": Rule(NEVER),
    "isv.TEMPLATE_PARAMS_ILLEGAL": Rule(NEVER, one=True),
    "isv.COMPLAINT_REJECT": Rule(NEVER, one=True),
    "isv.DISPLAY_NUMBER_ILLEGAL": Rule(SWITCH),
    "isv.PRODUCT_UNSUBSCRIBE": Rule(SWITCH),
    "isv.SMS_SIGNATURE_ILLEGAL": Rule(NEVER),
    "isv.SMS_SIGN_ILLEGAL": Rule(NEVER),
    "isv.OUT_OF_SERVICE": Rule(SWITCH),
    "isv.AMOUNT_NOT_ENOUGH": Rule(SWITCH),
    "isv.PRODUCT_UN_SUBSCRIPT": Rule(SWITCH),
    "isv.ACCOUNT_NOT_EXISTS": Rule(SWITCH),
    "isv.ACCOUNT_ABNORMAL": Rule(SWITCH),
    "SignatureDoesNotMatch": Rule(SWITCH),
    "InvalidAccessKeyId.NotFound": Rule(SWITCH),
    "InvalidTimeStamp.Expired": Rule(SWITCH),
    "SignatureNonceUsed": Rule(RETRY),
}
# Group robots and personal pushes: the pages named in accounts.bots. DingTalk and WeCom take 20 texts a minute of each,
# Feishu 100, ServerChan 5; after that DingTalk shuts it out for ten minutes. A refused text was not shown.
BOTS: dict[str, Rule] = {
    "dingtalk_130101": Rule(RETRY, wait=600, one=True),
    "dingtalk_310000": Rule(NEVER, one=True),  # its keywords, addresses or signature do not fit
    "dingtalk_300001": Rule(NEVER, one=True),
    "dingtalk_400101": Rule(NEVER, one=True),
    "feishu_11232": Rule(RETRY, wait=60, one=True),
    "feishu_9499": Rule(NEVER, one=True),
    "feishu_19001": Rule(NEVER, one=True),  # no such robot
    "feishu_19021": Rule(NEVER, one=True),  # signature
    "feishu_19022": Rule(NEVER, one=True),  # our address is not on its list
    "feishu_19024": Rule(NEVER, one=True),  # keywords
    "wecom_45009": Rule(RETRY, wait=60, one=True),
    "wecom_44004": Rule(NEVER, one=True),
    "wecom_93000": Rule(NEVER, one=True),  # no such robot
    "serverchan_40001": Rule(NEVER, one=True),  # no such key, or its texts of the day are used up
    "serverchan_40001.minute": Rule(RETRY, wait=60, one=True),
    "serverchan_20001": Rule(NEVER, one=True),  # no title
    "pushplus_500": Rule(RETRY, wait=30, one=True),
    "pushplus_401": Rule(NEVER, one=True),
    "pushplus_403": Rule(NEVER, one=True),  # our address is not on its list
    "pushplus_600": Rule(NEVER, one=True),
    "pushplus_805": Rule(NEVER, one=True),
    "pushplus_888": Rule(NEVER, one=True),  # its points are used up
    "pushplus_900": Rule(NEVER, one=True),  # the account is restricted
    "pushplus_999": Rule(NEVER, one=True),
}
# Tencent Cloud SMS: https://cloud.tencent.com/document/api/382/55981 and 382/59177; a family stands for its members.
TENCENT: dict[str, Rule] = {
    "AuthFailure": Rule(SWITCH),
    "UnauthorizedOperation": Rule(SWITCH),
    "RequestLimitExceeded": Rule(RETRY, wait=1),
    "InternalError": Rule(RETRY, wait=5),
    "InternalError.SigVerificationFail": Rule(SWITCH),
    "InternalError.SigFieldMissing": Rule(SWITCH),
    "FailedOperation.InsufficientBalanceInSmsPackage": Rule(SWITCH),
    "FailedOperation.MarketingSendTimeConstraint": Rule(RETRY, wait=3600),
    "FailedOperation.ContainSensitiveWord": Rule(NEVER, one=True),
    "FailedOperation.PhoneNumberInBlacklist": Rule(NEVER, one=True),
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": Rule(NEVER, one=True),
    "FailedOperation.SignatureIncorrectOrUnapproved": Rule(NEVER),
    "FailedOperation.MissingSignature": Rule(NEVER),
    "FailedOperation.TemplateIncorrectOrUnapproved": Rule(NEVER),
    "FailedOperation.TemplateUnapprovedOrNotExist": Rule(NEVER),
    "FailedOperation.FailResolvePacket": Rule(NEVER, one=True),
    "FailedOperation.JsonParseFail": Rule(NEVER, one=True),
    "InvalidParameterValue.IncorrectPhoneNumber": Rule(NEVER, one=True),
    "InvalidParameterValue.ContentLengthLimit": Rule(NEVER, one=True),
    "InvalidParameterValue.TemplateParameterFormatError": Rule(NEVER, one=True),
    "InvalidParameterValue.TemplateParameterLengthLimit": Rule(NEVER, one=True),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": Rule(NEVER, one=True),
    "InvalidParameterValue.SdkAppIdNotExist": Rule(SWITCH),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Rule(RETRY, wait=30, one=True),
    "LimitExceeded.PhoneNumberOneHourLimit": Rule(RETRY, wait=600, one=True),
    "LimitExceeded.PhoneNumberDailyLimit": Rule(RETRY, wait=3600, one=True),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Rule(NEVER, one=True),
    "LimitExceeded.DeliveryFrequencyLimit": Rule(RETRY, wait=60, one=True),
    "LimitExceeded.AppDailyLimit": Rule(SWITCH),
    "LimitExceeded.DailyLimit": Rule(SWITCH),
    "LimitExceeded.PhoneNumberCountLimit": Rule(NEVER),
    "UnsupportedOperation": Rule(NEVER, one=True),
}
# WeChat: global return codes of official accounts.
WECHAT: dict[str, Rule] = {
    "wechat_-1": Rule(RETRY, wait=5),
    "wechat_43101": Rule(NEVER, one=True),  # no consent left
    "wechat_43004": Rule(NEVER, one=True),  # does not follow the account
    "wechat_40003": Rule(NEVER, one=True),
    "wechat_47003": Rule(NEVER, one=True),
    "wechat_45168": Rule(NEVER, one=True),
    "wechat_40037": Rule(NEVER),
    "wechat_43108": Rule(RETRY, wait=1),
    "wechat_45009": Rule(SWITCH),  # the account's calls of the day are used up
    "wechat_43107": Rule(SWITCH),
    "wechat_40001": Rule(SWITCH),
    "wechat_40014": Rule(SWITCH),
    "wechat_42001": Rule(SWITCH),
    "wechat_40013": Rule(SWITCH),
    "wechat_40125": Rule(SWITCH),
    "wechat_40164": Rule(SWITCH),  # our address is not on its list
    "wechat_48001": Rule(SWITCH),
}
PUSH: dict[str, Rule] = {
    "push_400": Rule(NEVER, one=True),
    "push_404": Rule(NEVER, one=True),
    "push_409": Rule(NEVER, one=True),
    "push_410": Rule(NEVER, one=True),  # the app is gone from the device
    "push_422": Rule(NEVER, one=True),
    "push_401": Rule(SWITCH),
    "push_403": Rule(SWITCH),
    "push_429": Rule(RETRY, wait=5),
    "push_503": Rule(RETRY, wait=5),
}
# A code nobody told us about: the provider refused, so nothing was sent; a person finds it on the channel's page.
UNLISTED = Rule(RETRY, wait=30, one=True)
SWITCH_WAIT = 300


# What any transport may say of itself, before a provider was asked.
OWN: dict[str, Rule] = {
    "unreachable": Rule(RETRY, wait=2),
    "forbidden_address": Rule(SWITCH),
    "smtp_login": Rule(SWITCH),
    "template_not_registered": Rule(NEVER),
    "bad_address": Rule(NEVER, one=True),
    "bad_header": Rule(NEVER, one=True),
    "no_consent": Rule(NEVER, one=True),
}
TABLES: dict[str, dict[str, Rule]] = {
    "aliyun_sms": ALIYUN,
    "aliyun_voice": ALIYUN,
    "robot": BOTS,
    "tencent_sms": TENCENT,
    "wechat_subscription": WECHAT,
    "wechat_template": WECHAT,
    "push": PUSH,
}


def hopeless_codes() -> list[str]:
    """Codes about one recipient that no repeat will mend."""
    tables = (OWN, *TABLES.values())
    return sorted({code for table in tables for code, rule in table.items() if rule.policy is NEVER and rule.one})


def rule_of(kind: str, code: str) -> Rule:
    """What a code of a kind of gateway means for us."""
    table = TABLES.get(kind, {})
    return OWN.get(code) or table.get(code) or table.get(code.partition(".")[0], UNLISTED)
