"""The sign-in board: who is where, how we know, what is missing, who leads too many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Post, Role
from incidents import ics, operations
from incidents.links import token_of
from incidents.queries.signin import sign_in_board

pytestmark = pytest.mark.django_db


def seats(board):
    return {row.seat.post: row for _section, rows in board.sections for row in rows}


def test_it_shows_who_is_where_and_how_we_know(running, cast, duty_officer, crew):
    incident = running(level=4)
    site = cast.come(cast.call_of("site"))
    operations.acknowledge_callout(
        call_out_id=cast.call_of("operations").pk, by=cast.link(cast.call_of("operations")), eta_minutes=5
    )
    cast.come(cast.call_of("warehousing"))
    board = sign_in_board(incident)
    rows = seats(board)
    [person] = rows["site"].people
    assert (person.state, person.proof, person.arrived_at) == ("on_post", "本人链接", site.arrived_at)
    assert rows["operations"].people[0].call.eta_at
    assert (rows["warehousing"].here, rows["warehousing"].state) == (1, "called")
    assert (board.filled, board.people, board.in_time, board.called) == (1, 2, 2, 6)


def test_a_post_that_fell_to_the_commander_is_named(running, cast, commander):
    incident = running(level=3)
    cast.come(cast.call_of("commander"))
    for rank in range(3):
        call = cast.call_of("planning", rank)
        operations.decline_callout(call_out_id=call.pk, by=cast.link(call))
    board = sign_in_board(incident)
    assert board.fallen == [seats(board)["planning"].label]
    assert (board.commander, seats(board)["planning"].state) == ("李敏", "vacant")


def test_the_deputy_takes_the_command_staff():
    posts = list(Post.values)
    assert ics.too_wide(posts, filled=posts, fallen=[], crews={}) == []
    alone = [post for post in posts if post != Post.DEPUTY]
    [span] = ics.too_wide(alone, filled=alone, fallen=[], crews={})
    assert (span.post, span.count) == (Post.COMMANDER, 8)


def test_what_falls_to_the_commander_counts_for_the_commander():
    posts = list(Post.values)
    fallen = [Post.OPERATIONS, Post.LOGISTICS]
    filled = [post for post in posts if post not in fallen]
    [span] = ics.too_wide(posts, filled=filled, fallen=fallen, crews={})
    # deputy, planning, finance, the two unfilled ones, and their four units
    assert (span.post, span.count, span.fallen) == (Post.COMMANDER, 9, 2)
    [large] = ics.too_wide([Post.SITE], filled=[Post.SITE], fallen=[], crews={Post.SITE: 9})
    assert (large.post, large.count) == (Post.SITE, 8)


def test_its_page_asks_few_questions(running, cast, client, make_user, crew):
    incident = running(level=3)
    cast.come(cast.call_of("planning"))
    client.force_login(make_user("limin", Role.COMMANDER, name="李敏"))
    with CaptureQueriesContext(connection) as few:
        panel = client.get(f"/incidents/{incident.pk}/board/panel/")
    assert "陈静" in panel.content.decode()
    assert len(few) <= 15
    for page in ("board", "posts"):
        assert client.get(f"/incidents/{incident.pk}/{page}/").status_code == 200


def test_a_post_changes_hands_in_the_browser(running, cast, client, roster):
    incident = running(level=3)
    call = cast.come(cast.call_of("planning"))
    client.force_login(User.objects.get(pk=call.user_id))
    address = f"/incidents/{incident.pk}/seats/planning/hand_over/"
    sheet = client.get(address).content.decode()
    assert roster["planning"][1].label in sheet
    seen = f"{address}?sheet=1&seen={cast.seat_of('planning').version}"
    assert client.post(seen, {"person": "other", "other": "nobody", "note": "x"}).status_code == 422
    done = client.post(seen, {"person": roster["planning"][1].pk, "note": "wave 3 waits"})
    assert done.status_code == 204
    assert cast.seat_of("planning").holder == roster["planning"][1]
    assert client.post(seen, {"person": roster["planning"][2].pk, "note": "again"}).status_code == 412


def test_the_phone_says_each_state(running, cast, client, commander):
    incident = running(level=4)
    call, other = cast.call_of("site"), cast.call_of("operations")
    address = f"/c/{token_of(call.pk)}/?lang=en"

    def page():
        return client.get(address).content.decode()

    assert "uri.amap.com" in page()
    client.post(address, {"eta": "15"})
    assert "You expect to be there at" in page()
    operations.suspend(incident_id=incident.pk, reason="road closed", by=commander)
    assert "no time runs" in page()
    client.post(address, {"answer": "arrive"})
    assert "You are on post" in page()
    operations.resume(incident_id=incident.pk, by=commander)
    operations.sign_out(incident_id=incident.pk, post="site", user_id=call.user_id, by=commander)
    assert "You are released" in page()
    client.post(f"/c/{token_of(other.pk)}/", {"answer": "decline", "reason": "far away"})
    other.refresh_from_db()
    assert (other.state, other.reason) == ("declined", "far away")
    assert client.post(address, {"answer": "sing"}).status_code == 404
