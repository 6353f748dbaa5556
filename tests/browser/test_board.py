"""The board follows what happens without being reloaded."""

from accounts.actors import user_actor
from accounts.models import User
from incidents import operations


def test_it_says_what_will_appear_while_nothing_runs(log_in):
    page = log_in("limin")
    page.wait_for_selector(".board-incidents .quiet")
    assert "当前没有响应中的事件" in page.locator(".board-incidents").inner_text()
    page.wait_for_selector("[data-chart=map] canvas")


def test_it_shows_a_new_response_through_the_socket(log_in, start_incident):
    page = log_in("limin")
    page.wait_for_selector(".live[data-live=yes]")
    page.wait_for_selector(".board-incidents .quiet")
    start_incident()
    card = page.wait_for_selector(".incident-card .incident-title", timeout=5_000)
    assert "台风利奇马" in card.inner_text()
    page.wait_for_selector(".deadlines .timer >> text=还剩")


def test_it_counts_arrivals_live(log_in, start_incident):
    incident = start_incident()
    page = log_in("limin")
    figure = page.locator(".incident-figures div", has_text="到岗").locator("dd")
    page.wait_for_selector(".live[data-live=yes]")
    before = figure.inner_text()
    call = incident.call_outs.order_by("id").first()
    operations.arrive_callout(call_out_id=call.pk, by=user_actor(User.objects.get(username="chief")))
    page.wait_for_function(
        "before => [...document.querySelectorAll('.incident-figures dd')].every(dd => dd.innerText !== before)",
        arg=before,
        timeout=5_000,
    )


def test_it_says_when_it_lost_sight(log_in):
    page = log_in("limin", locale="en")
    page.wait_for_selector(".live[data-live=yes]")
    page.context.set_offline(True)
    page.evaluate("() => dispatchEvent(new Event('offline'))")
    page.evaluate("() => window.Fenghuo.Live.socket.close()")
    page.wait_for_selector(".live[data-live=no]")
    assert "out of date" in page.locator(".live").inner_text()
    page.context.set_offline(False)
    page.evaluate("() => dispatchEvent(new Event('online'))")
    page.wait_for_selector(".live[data-live=yes]")


def test_it_goes_places_by_keyboard(log_in):
    page = log_in("limin", locale="en")
    page.wait_for_load_state("load")
    page.keyboard.press("?")
    page.wait_for_selector("dialog#help[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents/")
