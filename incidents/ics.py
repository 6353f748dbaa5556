"""Who leads whom in a command post (ICS), and how many one person can lead. Pure: no database, no clock.

The deputy leads the command staff, the section chiefs their units; whoever's own chief is missing is led by the next
one above, in the end by the commander, who also answers for every unfilled post.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from accounts.roles import Post

SPAN = 7  # the most that one person leads well (ICS: three to seven)

COMMAND_STAFF, GENERAL_STAFF, SITE = "command_staff", "general_staff", "site"

LED_BY: dict[str, str] = {
    Post.DEPUTY: Post.COMMANDER,
    Post.DUTY_OFFICER: Post.DEPUTY,
    Post.INFORMATION: Post.DEPUTY,
    Post.LIAISON: Post.DEPUTY,
    Post.SAFETY: Post.DEPUTY,
    Post.OPERATIONS: Post.COMMANDER,
    Post.PLANNING: Post.COMMANDER,
    Post.LOGISTICS: Post.COMMANDER,
    Post.FINANCE: Post.COMMANDER,
    Post.CUSTOMER_SERVICE: Post.OPERATIONS,
    Post.SITE: Post.OPERATIONS,
    Post.WAREHOUSING: Post.LOGISTICS,
    Post.IT: Post.LOGISTICS,
}
SECTIONS: dict[str, tuple[str, ...]] = {
    COMMAND_STAFF: (
        Post.COMMANDER,
        Post.DEPUTY,
        Post.DUTY_OFFICER,
        Post.INFORMATION,
        Post.SAFETY,
        Post.LIAISON,
    ),
    GENERAL_STAFF: (
        Post.OPERATIONS,
        Post.PLANNING,
        Post.LOGISTICS,
        Post.FINANCE,
        Post.CUSTOMER_SERVICE,
        Post.WAREHOUSING,
        Post.IT,
    ),
    SITE: (Post.SITE,),
}


def section_of(post: str) -> str:
    return next((section for section, posts in SECTIONS.items() if post in posts), GENERAL_STAFF)


@dataclass(frozen=True)
class Span:
    """Somebody who leads more than they can lead well: `count` posts and people, `fallen` of them unfilled posts."""

    post: str
    count: int
    fallen: int


def leader_of(post: str, filled: Collection[str]) -> str:
    """The post that leads another: the next one up that somebody holds, else the commander."""
    above = LED_BY.get(post, Post.COMMANDER)
    while above != Post.COMMANDER and above not in filled:
        above = LED_BY.get(above, Post.COMMANDER)
    return above


def too_wide(
    posts: Iterable[str], *, filled: Collection[str], fallen: Collection[str], crews: Mapping[str, int]
) -> list[Span]:
    """Who leads more than seven: posts, and the people of the own crew besides oneself (`crews`: post → people).

    An unfilled post counts for the commander, who does its work; so do the posts that it would lead.
    """
    led: dict[str, list[str]] = {}
    for post in posts:
        if post != Post.COMMANDER:
            leader = Post.COMMANDER if post in fallen else leader_of(post, filled)
            led.setdefault(leader, []).append(post)
    spans = []
    for leader in dict.fromkeys([*led, *crews]):
        mine = led.get(leader, [])
        count = len(mine) + max(crews.get(leader, 0) - 1, 0)
        if count > SPAN:
            spans.append(Span(leader, count, sum(post in fallen for post in mine)))
    return spans
