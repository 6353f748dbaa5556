"""Who does something: the `by` of every operation."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from accounts.roles import Permission, permissions_of


class NotAllowed(PermissionError):
    """The actor's roles or scope do not allow this; views answer 403."""

    def __init__(self, actor: Actor, permission: str) -> None:
        what = str(Permission(permission).label)
        super().__init__(_("You may not %(what)s here; ask an administrator for the role.") % {"what": what})
        self.actor, self.permission = actor, permission


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts. `str(actor)` is what the journal keeps ("user:3", "key:1", "link:7", "clock").

    `regions` and `warehouses` limit it to those codes; empty means everywhere. A region code also covers the regions
    inside it (GB/T 2260: "33" covers "3301").
    """

    kind: str
    key: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)
    warehouses: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.key else self.kind

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str, *, region: str = "", warehouse: str = "") -> None:
        """Raise NotAllowed unless the actor holds `permission` here. The first step of every operation."""
        allowed = (
            permission in self.permissions
            and (not region or not self.regions or any(region.startswith(code) for code in self.regions))
            and (not warehouse or not self.warehouses or warehouse in self.warehouses)
        )
        if not allowed:
            raise NotAllowed(self, permission)

    @property
    def user_id(self) -> int | None:
        return int(self.key) if self.kind == "user" else None


EVERYTHING = frozenset(Permission)

# The clock and the workers act with the authority of the plan's approver: the decision was a person's.
CLOCK = Actor(kind="clock", permissions=EVERYTHING)
SYSTEM = Actor(kind="system", permissions=EVERYTHING)


def command_line(name: str = "") -> Actor:
    """Whoever has a shell on the server is its administrator."""
    return Actor(kind="shell", key=name, permissions=EVERYTHING)


def user_actor(user: object) -> Actor:
    """The Actor of a logged-in accounts.User. Every request asks for it, so it is one plain statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role, region_code, warehouse_code FROM accounts_rolegrant WHERE user_id = %s",
            [user.pk],  # type: ignore[attr-defined]
        )
        grants = cursor.fetchall()
    permissions = permissions_of({role for role, _region, _warehouse in grants})
    if user.is_superuser:  # type: ignore[attr-defined]
        permissions = EVERYTHING
    # One unlimited grant makes the whole person unlimited.
    regions = frozenset(region for _role, region, _warehouse in grants)
    warehouses = frozenset(warehouse for _role, _region, warehouse in grants)
    return Actor(
        "user",
        str(user.pk),  # type: ignore[attr-defined]
        permissions,
        frozenset() if "" in regions else regions,
        frozenset() if "" in warehouses else warehouses,
    )


def key_actor(key: object) -> Actor:
    """The Actor of an accounts.ApiKey."""
    return Actor("key", str(key.pk), permissions_of([key.role]))  # type: ignore[attr-defined]


def link_actor(kind: str, key: object) -> Actor:
    """Somebody who holds a signed link; may do only what the link's own operation allows."""
    return Actor(kind=kind, key=str(key))
