"""A commander decides about a reroute on its page."""

from decimal import Decimal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import RerouteRun
from dispatch.operations import apply_waves, solve_run
from tests.dispatch.conftest import make_orders, network, order_row, send  # noqa: F401
from tests.dispatch.rerouting import solved_run


def test_it_is_chosen_adjusted_and_approved(log_in, make_orders):  # noqa: F811
    make_orders(6)
    run = solved_run(cost_cap=Decimal("9"))
    page = log_in("chief", Role.COMMANDER, locale="en-GB")
    page.goto(f"/reroutes/{run.pk}/")
    expect(page.locator(".option")).to_have_count(5)  # four goals and the certificate
    page.locator(".option:has-text('fastest') button").click()
    expect(page.locator(".option-chosen h3")).to_have_text("fastest")
    carrier = page.locator(".way[data-thing=carriers]").first
    carrier.locator("[data-wish=forbid]").click()
    expect(page.locator("[data-consequence-of-wishes]")).to_have_text("6 orders need another way.")
    page.click(".reroute-controls [type=submit]")
    page.wait_for_url(lambda address: not address.endswith(f"/reroutes/{run.pk}/"))
    child = RerouteRun.objects.latest("pk")
    solve_run(run_id=child.pk)
    page.goto(f"/reroutes/{child.pk}/")
    expect(page.locator(".change-figures dd").first).to_have_text("6")
    violations = Axe().run(page).response["violations"]
    assert not [rule["id"] for rule in violations if rule["impact"] in {"serious", "critical"}]
    page.click(".reroute-actions .btn-primary")
    page.click("[data-yes]")
    expect(page.locator("#waves button:has-text('Pause all')")).to_be_visible()
    apply_waves(run_id=child.pk, by=SYSTEM)
    page.goto(f"/reroutes/{child.pk}/")
    page.fill("#order", "A0")
    page.click(".reroute-search button")
    expect(page.locator("#explanation")).to_contain_text("Not its old way")
    expect(page.locator("#waves .wave-steps button")).to_have_text("Roll back…")
