"""Gateways that cannot send for a while, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from accounts.actors import SYSTEM
from accounts.models import Channel
from accounts.queries import able
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from notifications.engine.calls import Result
from notifications.errors import SWITCH_WAIT
from notifications.gateways import Account
from notifications.models import Gateway
from notifications.operations.telling import tell_people
from notifications.routes import Routes
from notifications.transports import Taken, TransportError

MOST_TOLD = 20


def lock_rows(results: Iterable[Result], routes: Routes) -> None:
    """Lock what this transaction may write of gateways, ids ascending, should a wave have put one out or back."""
    changing = set()
    for result in results:
        account, what = result.piece.account, result.what
        row = routes.row(account) if account else None
        errors: list[Exception] = [*what.refused.values()] if isinstance(what, Taken) else [what]
        if row and (row.out_code or any(isinstance(error, TransportError) and error.switch for error in errors)):
            changing.add(row.pk)
    if changing:
        changing |= {row.pk for row in routes.rows.values() if row.metered}
        list(Gateway.objects.select_for_update(no_key=True).filter(pk__in=changing).order_by("pk"))


def out(account: Account, code: str, routes: Routes) -> None:
    """The provider says that this account cannot send (arrears, wrong key, blocked): the channel's next gateway does
    until it is tried again, and those who manage channels are told in the app.

    The environment's account has no row and no successor: it is tried again as before. Journals gateway.out the first
    time.
    """
    if account.id is None:
        return
    routes.out(account)
    row = Gateway.objects.select_for_update(no_key=True).get(pk=account.id)
    known = row.out_code
    row.out_until, row.out_code = now() + timedelta(seconds=SWITCH_WAIT), code[:64]
    row.save(update_fields=["out_until", "out_code"])
    routes.rows[row.pk] = row
    if known:
        return
    payload = {"gateway": f"gateway:{row.pk}", "channel": f"channel:{row.channel}", "code": code}
    entry = journal.write(
        kind="gateway.out", subject=f"gateway:{row.pk}", reference="gateways", by=SYSTEM, payload=payload
    )
    tell_people(
        able(Permission.MANAGE_TEMPLATES)[:MOST_TOLD],
        template="gateway_out",
        variables={"name": lambda user: row.label, "code": code, "url": f"{settings.PUBLIC_URL}/notifications/"},
        channels=[Channel.IN_APP],
        key=f"gateway-out:{row.pk}:{entry}",
        by=SYSTEM,
    )


def well_again(account: Account, routes: Routes) -> None:
    """It took a call after it had been out. Journals gateway.back."""
    row = routes.row(account)
    if row is None or not row.out_code:
        return
    row.out_code, row.out_until = "", None
    if Gateway.objects.filter(pk=row.pk).exclude(out_code="").update(out_code="", out_until=None):
        journal.write(
            kind="gateway.back",
            subject=f"gateway:{row.pk}",
            reference="gateways",
            by=SYSTEM,
            payload={"gateway": f"gateway:{row.pk}", "channel": f"channel:{row.channel}"},
        )
