"""Calendar feeds, which calendar programs read without log-in."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import operations
from accounts.actors import user_actor
from accounts.calendars import Feed, feed_of
from accounts.http import StaffRequest
from accounts.models import Duty
from accounts.roles import Permission, Post
from journal.clock import now
from journal.fragments import unless_unchanged
from journal.kinds import names_in

BEHIND, AHEAD = timedelta(days=31), timedelta(days=92)
MOST_AN_HOUR = 60
HOUR = 3600


@require_http_methods(["GET", "HEAD"])
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """A person's own duties, or all of a post's, as iCalendar. 404 for an address that is no longer good; at most 60
    answers an hour for one address."""
    feed = feed_of(token)
    if feed is None or (feed.post and not user_actor(feed.user).may(Permission.VIEW)):
        raise Http404
    if too_often(token):
        return HttpResponse(status=429, headers={"Retry-After": str(HOUR)})
    with translation.override(feed.user.language):
        response = HttpResponse(content_of(feed), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="fenghuo.ics"'
    response["Cache-Control"] = f"private, max-age={HOUR // 4}"
    return unless_unchanged(request, response)


def too_often(token: str) -> bool:
    key = f"calendar:{token[-24:]}"
    cache.add(key, 0, HOUR)
    try:
        return cache.incr(key) > MOST_AN_HOUR
    except ValueError:  # it ran out between the two
        return False


def content_of(feed: Feed) -> bytes:
    at = now()
    rows = Duty.objects.filter(ends_at__gt=at - BEHIND, starts_at__lt=at + AHEAD).select_related("user")
    if feed.post:
        rows = rows.filter(post=feed.post, region_code=feed.region_code, user__is_active=True)
        title = str(Post(feed.post).label)
    else:
        rows = rows.filter(user=feed.user)
        title = _("Duty of %(name)s") % {"name": feed.user.label}
    duties = list(rows.order_by("starts_at", "rank", "id"))
    codes = {duty.region_code for duty in duties} - {""}
    named = names_in(f"region:{code:0<6}" for code in codes)
    names = {code: named[key] for code in codes if (key := f"region:{code:0<6}") in named}
    from accounts.feeds import calendar_of  # The library takes a tenth of a process's start.

    return calendar_of(duties, title=title, with_names=bool(feed.post), place_names=names)


@login_required
@require_POST
def calendar_reset(request: StaffRequest) -> HttpResponse:
    """New addresses; the old ones answer 404 from now on."""
    operations.reset_calendar_link(by=request.actor)
    messages.success(request, _("The old calendar addresses no longer work; subscribe to the new ones."))
    return redirect("account_page" if request.POST.get("back") == "account" else "roster")
