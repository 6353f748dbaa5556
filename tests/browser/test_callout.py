"""The page of somebody who is called: no log-in, looking changes nothing."""

from incidents.links import token_of


def test_it_takes_answers_without_log_in(new_page, start_incident):
    call = start_incident().call_outs.order_by("id").first()
    page = new_page(width=390, height=844)
    page.goto(f"/c/{token_of(call.pk)}/")
    call.refresh_from_db()
    assert call.state == "called"
    page.click("text=收到，正在赶来")
    page.wait_for_selector("text=已记录")
    call.refresh_from_db()
    assert call.state == "acknowledged"
    page.click("a[lang=en]")
    page.click("text=I am on post")
    page.wait_for_selector(".callout-done >> text=You are on post")
    call.refresh_from_db()
    assert call.state == "on_post"


def test_it_asks_before_it_calls_the_alternate(new_page, start_incident):
    call = start_incident().call_outs.order_by("id").first()
    page = new_page(width=390, height=844)
    page.goto(f"/c/{token_of(call.pk)}/?lang=en")
    page.click("summary:has-text('Cannot come')")
    page.fill("[name=reason]", "500 km away")
    page.click("button[value=decline]")
    page.wait_for_selector("text=Your alternate has been called")
    call.refresh_from_db()
    assert (call.state, call.reason) == ("declined", "500 km away")


def test_a_phone_without_javascript_says_when_it_will_be_there(chromium, server, start_incident):
    call = start_incident().call_outs.order_by("id").first()
    page = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{server}/c/{token_of(call.pk)}/?lang=en")
    page.click("button[name=eta][value='15']")
    call.refresh_from_db()
    assert (call.state, call.eta_at is not None) == ("acknowledged", True)
    page.context.close()


def test_it_refuses_a_forged_link(new_page, start_incident):
    start_incident()
    page = new_page()
    assert page.goto("/c/1.forged/").status == 404
