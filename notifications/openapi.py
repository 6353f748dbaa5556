"""How the API's description tells of the providers' receipt addresses."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class ReceiptTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Found by drf-spectacular when this module is imported, as is the next."""

    target_class = "notifications.api.receipts.ReceiptToken"
    name = "receiptToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": "token", "description": "The secret of the receipt address."}


class WeChatSignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "notifications.api.wechat.Signed"
    name = "wechatSignature"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": "signature", "description": "WeChat's own signature."}
