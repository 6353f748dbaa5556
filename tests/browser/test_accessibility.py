"""axe finds nothing serious on the main pages, in light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from incidents.links import token_of


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_has_no_serious_violation(log_in, new_page, start_incident, dark):
    incident = start_incident()
    call = incident.call_outs.order_by("id").first()
    page = log_in("chief", dark=dark)
    visitor = new_page(dark=dark)
    found = []
    for name, where, path, ready in [
        ("board", page, "/", ".incident-card"),
        ("incidents", page, "/incidents/", ".incident-rows"),
        ("report", page, "/incidents/report/", "#preview .preview-level"),
        ("room", page, f"/incidents/{incident.pk}/", ".signin-table"),
        ("paper", page, f"/incidents/{incident.pk}/backfill/", ".paper-row"),
        ("sign-in board", page, f"/incidents/{incident.pk}/board/", ".signin-table"),
        ("door", page, f"/incidents/{incident.pk}/door/", ".door-code img"),
        ("plans", page, "/plans/", "main"),
        ("login", visitor, "/accounts/login/", "main"),
        ("callout", visitor, f"/c/{token_of(call.pk)}/", ".callout-actions"),
    ]:
        where.goto(path)
        where.wait_for_selector(ready)
        for violation in Axe().run(where).response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:4])
                found.append(f"{name}: {violation['id']} {violation['help']}: {nodes}")
    assert found == []
