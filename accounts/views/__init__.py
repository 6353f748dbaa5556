"""Pages about people, the duty roster, machine keys and one's own account."""

from accounts.views.calendar import calendar_feed, calendar_reset
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
from accounts.views.roster import monday_of, roster, roster_board, roster_swap, swap_cancel
from accounts.views.rotations import days_set, rotation_edit, rotation_list, rotation_preview, rotation_retire

__all__ = [
    "account_page",
    "api_key_revoke",
    "api_keys",
    "calendar_feed",
    "calendar_reset",
    "contact_add",
    "contact_remove",
    "days_set",
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
    "roster_board",
    "roster_swap",
    "rotation_edit",
    "rotation_list",
    "rotation_preview",
    "rotation_retire",
    "swap_cancel",
]
