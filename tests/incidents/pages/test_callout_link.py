"""The link in a call-out: looking at it, even by a scanner, changes nothing."""

import pytest

from incidents.links import token_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "head"])
def test_it_changes_nothing_when_looked_at(client, running, method):
    call = running.call_outs.get()
    response = getattr(client, method)(f"/c/{token_of(call.pk)}/?answer=arrive")
    call.refresh_from_db()
    assert response.status_code == 200
    assert call.state == "called"
    assert "no-store" in response["Cache-Control"]


def test_it_takes_an_answer_and_may_be_sent_twice(client, running):
    call = running.call_outs.get()
    for _ in range(2):
        assert client.post(f"/c/{token_of(call.pk)}/", {"answer": "arrive"}).status_code == 302
    call.refresh_from_db()
    assert call.state == "on_post"


def test_it_speaks_the_persons_language_and_the_other(client, running):
    token = token_of(running.call_outs.get().pk)
    assert "on my way" in client.get(f"/c/{token}/").content.decode()
    assert "on my way" not in client.get(f"/c/{token}/?lang=zh-hans").content.decode()


def test_it_says_so_when_the_response_is_over(client, running, commander):
    from incidents import operations

    operations.dismiss(incident_id=running.pk, reason="false alarm", by=commander)
    call = running.call_outs.get()
    response = client.post(f"/c/{token_of(call.pk)}/", {"answer": "arrive"})
    assert response.status_code == 409
    assert "not needed any more" in response.content.decode()


@pytest.mark.parametrize("token", ["1.forged", "x", "1", "%20"])
def test_it_refuses_a_forged_link(client, db, token):
    assert client.get(f"/c/{token}/").status_code == 404
