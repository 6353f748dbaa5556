"""Pages about people, the duty roster, machine keys and one's own account."""

from accounts.views.people import (
    account_page,
    api_key_revoke,
    api_keys,
    contact_add,
    contact_remove,
    export,
    import_apply,
    import_discard,
    import_preview,
    import_template,
    people,
    people_import,
    person,
    person_password,
)
from accounts.views.roster import monday_of, roster

__all__ = [
    "account_page",
    "api_key_revoke",
    "api_keys",
    "contact_add",
    "contact_remove",
    "export",
    "import_apply",
    "import_discard",
    "import_preview",
    "import_template",
    "monday_of",
    "people",
    "people_import",
    "person",
    "person_password",
    "roster",
]
