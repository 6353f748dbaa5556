"""A plan written in a real browser: rows, side sheet, moving by keyboard, a conflict that loses nothing."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from accounts.actors import user_actor
from accounts.models import User
from accounts.roles import Role
from incidents import operations
from incidents.models import Plan
from tests.processes import until

WIDER = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""


def serious(page, name: str) -> list[str]:
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in {"serious", "critical"}]
    return [f"{name}: {v['id']}: {'; '.join(node['html'][:160] for node in v['nodes'][:3])}" for v in found]


def test_it_writes_a_plan(log_in, rules, region):
    page = log_in("planner", Role.COMMANDER, locale="en", width=390, height=844)
    by = user_actor(User.objects.get(username="planner"))
    draft = operations.draft_plan(source_id=Plan.objects.get(category="traffic", level=3).pk, by=by)
    page.goto(f"/plans/{draft.pk}/edit/")
    page.wait_for_selector(".live[data-live=yes]")

    # A call-out gets a crew in the side sheet; the fields of other kinds are out of sight.
    page.click("#m-call_out")
    page.wait_for_selector(".side")
    assert not page.is_visible("[data-kind=issue_supplies]")
    page.click("[data-kind=call_out] [data-add-row]")
    crew = page.locator(".row-crew").last
    crew.locator("select").select_option("site")
    crew.locator("[name$='-call']").fill("4")
    crew.locator("[name$='-need']").fill("2")
    problems = serious(page, "sheet")
    page.click(".side [type=submit]")
    page.wait_for_selector("#sheet:not([open])", state="attached")
    assert draft.measures.get(code="call_out").params == {"crews": [{"post": "site", "call": 4, "need": 2}]}

    # Alt + arrow moves the measure that has the focus, and the focus stays with it.
    codes = list(draft.measures.order_by("order").values_list("code", flat=True))

    def moved() -> bool:
        # The list may just be read again after the save before: then the row that had the focus is another one.
        page.focus(f"#m-{codes[1]}")
        page.keyboard.press("Alt+ArrowUp")
        page.wait_for_timeout(300)
        return draft.measures.order_by("order").first().code == codes[1]

    until(moved, seconds=30, what="the measure at the top")

    # This page's own saves are no conflict for its other parts; somebody else's is, and nothing typed is lost.
    page.fill("#text-objectives-en", "People before parcels.")
    page.click("#section-texts [type=submit]")
    page.wait_for_selector("#section-texts .state-done")
    operations.write_plan(plan_id=draft.pk, by=by, texts={"review": "换人写的"})
    page.click("[data-rows=contacts] [data-add-row]")
    page.locator("[name^='contacts-n'][name$='-name']").last.fill("拖车")
    page.click("#section-contacts [type=submit]")
    page.wait_for_selector("#section-contacts .alert-danger")
    page.click("#section-contacts [type=submit]")
    page.wait_for_selector("#section-contacts .state-done")
    draft.refresh_from_db()
    assert draft.contacts[-1]["name"] == "拖车"
    assert (draft.review, draft.objectives_en) == ("换人写的", "People before parcels.")

    problems += serious(page, "editor")
    for path in ("/plans/", "/plans/coverage/", f"/plans/{draft.based_on_id}/diff/{draft.pk}/", f"/plans/{draft.pk}/"):
        page.goto(path)
        problems += serious(page, path)
    for area in ("matrix", "levels", "ladder", "readiness", "legal"):
        page.goto(f"/rules/{area}/")
        problems += serious(page, area)
        assert page.evaluate(WIDER) == [], area
    assert problems == []
