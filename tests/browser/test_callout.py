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
    page.click("text=Cannot come")
    page.wait_for_selector("dialog#confirm[open]")
    page.click("dialog#confirm [data-yes]")
    page.wait_for_selector("text=Your alternate has been called")
    call.refresh_from_db()
    assert call.state == "declined"


def test_it_refuses_a_forged_link(new_page, start_incident):
    start_incident()
    page = new_page()
    assert page.goto("/c/1.forged/").status == 404
