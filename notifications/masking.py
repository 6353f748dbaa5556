"""Showing an address without giving it away. Pure."""

from __future__ import annotations


def mask(address: str) -> str:
    """138****0001, l•••@example.test, qyapi.weixin.qq.com ••••3f2a: enough to recognise, too little to use."""
    if address.startswith("https://"):  # a group robot: whose, and the end of its token
        host, token = address.removeprefix("https://").partition("/")[0], address.partition("#")[0]
        return f"{host} ••••{token[-4:]}"
    if "@" in address:
        name, _at, domain = address.partition("@")
        return f"{name[:1]}•••@{domain}"
    address = address.removeprefix("+86")
    if len(address) >= 7:
        return f"{address[:3]}{'•' * min(len(address) - 7, 6) or '•'}{address[-4:]}"
    return "•" * len(address)
