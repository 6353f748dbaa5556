"""The rules of command in the browser: everybody reads them, those who manage plans change them."""

from incidents.views.rules.pages import rule_restore, rule_version, rules

__all__ = ["rule_restore", "rule_version", "rules"]
