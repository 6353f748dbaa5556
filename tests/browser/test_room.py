"""From a report to a running response, in the browser."""

from accounts.roles import Role
from incidents.models import Incident


def test_it_reports_grades_and_responds(log_in, rules, region):
    page = log_in("limin", locale="en")
    page.goto("/incidents/report/")
    page.fill("[name=title]", "Typhoon Lekima")
    page.click("text=Zhejiang")
    page.wait_for_selector("#preview .preview-facts >> text=Zhejiang")
    page.click("text=Report the incident")
    page.wait_for_selector(".room-next")
    page.click(".room-next .btn-primary")
    sheet = page.wait_for_selector("dialog#sheet[open]")
    assert "on post within" in sheet.inner_text()
    page.click("dialog#sheet [type=submit]")
    page.wait_for_selector(".room-head >> text=Responding")
    page.wait_for_selector(".measure")
    assert Incident.objects.get().state == "responding"


def test_it_does_a_measure_with_one_click(log_in, start_incident):
    incident = start_incident()
    page = log_in("chief", locale="en")
    page.goto(f"/incidents/{incident.pk}/")
    measure = incident.measures.filter(kind="checklist", due_at__isnull=False).first()
    button = page.locator(f"#measure-{measure.pk} .btn:has-text('Done')")
    button.hover()
    page.mouse.down()
    with page.expect_response(lambda answer: "measures" in answer.url):  # the panel is fetched anew while it is pressed
        button.evaluate("button => button.closest('[data-topic]').dispatchEvent(new CustomEvent('changed'))")
    page.wait_for_timeout(100)
    page.mouse.up()
    page.wait_for_selector(f"#measure-{measure.pk}.measure-done")
    measure.refresh_from_db()
    assert measure.state == "done"


def test_it_shows_a_refusal_and_changes_nothing(log_in, start_incident):
    incident = start_incident()
    page = log_in("chief", locale="en")
    page.goto(f"/incidents/{incident.pk}/")
    page.wait_for_selector(".measure")
    page.evaluate("pk => htmx.ajax('POST', `/incidents/${pk}/note/`, {values: {text: ' '}})", incident.pk)
    toast = page.wait_for_selector(".toast-refusal")
    assert "Nothing was changed" in toast.inner_text()


def test_it_logs_an_arrival_by_phone(log_in, start_incident):
    incident = start_incident()
    page = log_in("chief", locale="en")
    page.goto(f"/incidents/{incident.pk}/")
    page.click(".signin-table >> text=Log arrival >> nth=0")
    page.click("dialog#sheet [type=submit]")
    page.wait_for_selector(".signin-table .state-done")
    assert incident.call_outs.filter(state="on_post").count() == 1


def test_it_shows_no_buttons_to_those_who_may_not(log_in, start_incident):
    incident = start_incident()
    page = log_in("auditor", Role.AUDITOR, locale="en")
    page.goto(f"/incidents/{incident.pk}/")
    page.wait_for_selector(".measure")
    assert page.locator(".room-next .btn, .measure .btn, .room-actions .btn").count() == 0
