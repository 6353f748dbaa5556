"""Writes of accounts."""

from accounts.operations.calls import forget_idempotent_calls
from accounts.operations.imports import (
    DraftDecided,
    NotReady,
    SheetRefused,
    StalePreview,
    apply_import,
    discard_import,
    draft_import,
    record_export,
    show_preview,
)
from accounts.operations.keys import ApiKeyNameTaken, KeyRevoked, UnknownRole, create_api_key, revoke_api_key
from accounts.operations.people import (
    AddressRefused,
    NameMissing,
    OwnLockOut,
    PersonGone,
    UserNameTaken,
    add_contact_point,
    change_person,
    create_administrator,
    issue_password,
    remove_contact_point,
)
from accounts.operations.preferences import PreferenceRefused, change_preferences

__all__ = [
    "AddressRefused",
    "ApiKeyNameTaken",
    "DraftDecided",
    "KeyRevoked",
    "NameMissing",
    "NotReady",
    "OwnLockOut",
    "PersonGone",
    "PreferenceRefused",
    "SheetRefused",
    "StalePreview",
    "UnknownRole",
    "UserNameTaken",
    "add_contact_point",
    "apply_import",
    "change_person",
    "change_preferences",
    "create_administrator",
    "create_api_key",
    "discard_import",
    "draft_import",
    "forget_idempotent_calls",
    "issue_password",
    "record_export",
    "remove_contact_point",
    "revoke_api_key",
    "show_preview",
]
