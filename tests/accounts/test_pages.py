"""The pages about people, duties, keys and one's own account."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import ApiKey, ContactPoint, Duty, ImportDraft, User
from accounts.queries import roster_now, roster_week
from accounts.roles import Post, Role
from accounts.views import monday_of
from journal.clock import now
from journal.models import Entry

pytestmark = pytest.mark.django_db
SHEET = "工号,姓名,角色\nS1,王磊,客服\n"


@pytest.fixture
def admin_page(client, make_user):
    user = make_user("boss", Role.ADMINISTRATOR, name="管理员", staff_no="S0")
    client.force_login(user)
    client.user = user
    return client


def upload(client, text=SHEET, kind="staff"):
    file = SimpleUploadedFile("staff.csv", text.encode())
    return client.post(reverse("people_import"), {"kind": kind, "file": file})


def test_a_sheet_is_uploaded_shown_and_applied(admin_page):
    answer = upload(admin_page)
    draft = ImportDraft.objects.get()
    assert answer.url == reverse("import_preview", args=[draft.pk])
    shown = admin_page.get(answer.url)
    assert "王磊" in shown.content.decode()
    applied = admin_page.post(reverse("import_apply", args=[draft.pk]), {"plan": shown.context["preview"].digest})
    assert applied.url == reverse("people")
    assert User.objects.get(staff_no="S1").name == "王磊"
    again = admin_page.post(reverse("import_apply", args=[draft.pk]), {"plan": shown.context["preview"].digest})
    assert again.status_code == 409


def test_a_stale_confirmation_shows_the_new_preview(admin_page):
    answer = upload(admin_page)
    draft = ImportDraft.objects.get()
    refused = admin_page.post(reverse("import_apply", args=[draft.pk]), {"plan": "older"})
    assert refused.url == answer.url
    assert not User.objects.filter(staff_no="S1").exists()


def test_a_faulty_sheet_offers_nothing_to_apply(admin_page):
    page = admin_page.get(upload(admin_page, "工号,姓名\nS1,\n").url).content.decode()
    assert reverse("import_apply", args=[ImportDraft.objects.get().pk]) not in page


@pytest.mark.parametrize("text", ["", "nonsense", "工号\nS1"])
def test_an_unusable_file_is_refused_on_the_page(admin_page, text):
    assert upload(admin_page, text).status_code == 422
    assert admin_page.post(reverse("people_import"), {"kind": "staff"}).status_code == 422
    assert upload(admin_page, kind="pets").status_code == 422


def test_a_discarded_sheet_is_forgotten(admin_page):
    upload(admin_page)
    draft = ImportDraft.objects.get()
    admin_page.post(reverse("import_discard", args=[draft.pk]))
    assert bytes(ImportDraft.objects.get().content) == b""
    assert admin_page.get(reverse("import_preview", args=[draft.pk])).status_code == 409


@pytest.mark.parametrize("kind", ["staff", "contacts", "roster"])
def test_templates_and_exports_download(admin_page, kind):
    for query in ("", "?format=csv"):
        answer = admin_page.get(reverse("import_template", args=[kind]) + query)
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
    assert admin_page.get(reverse("people_export", args=[kind])).status_code == 405
    assert admin_page.post(reverse("people_export", args=[kind])).status_code == 200
    assert Entry.objects.get(kind="accounts.exported").payload["kind"] == kind


def test_a_key_is_shown_once_and_can_be_revoked(admin_page):
    answer = admin_page.post(reverse("api_keys"), {"name": "订单系统", "role": Role.ORDER_SYSTEM})
    secret = answer.context["secret"]
    assert answer["Cache-Control"] == "no-store"
    assert secret not in admin_page.get(reverse("api_keys")).content.decode()
    assert admin_page.post(reverse("api_keys"), {"name": "订单系统", "role": Role.ORDER_SYSTEM}).status_code == 409
    key = ApiKey.objects.get()
    assert admin_page.post(reverse("api_key_revoke", args=[key.pk])).url == reverse("api_keys")
    assert admin_page.post(reverse("api_key_revoke", args=[key.pk])).status_code == 409
    assert Entry.objects.filter(subject=f"key:{key.pk}").count() == 2


def test_a_person_is_changed(admin_page, make_user):
    someone = make_user("someone", Role.WAREHOUSE, name="旧名")
    form = {"name": "新名", "is_active": "on", "role": [Role.AUDITOR, ""], "region_code": ["33", ""]}
    admin_page.post(reverse("person", args=[someone.pk]), {**form, "warehouse_code": ["", ""]})
    someone.refresh_from_db()
    assert someone.name == "新名"
    assert [(grant.role, grant.region_code) for grant in someone.grants.all()] == [(Role.AUDITOR, "33")]
    entry = Entry.objects.get(kind="accounts.person_changed")
    assert "新名" not in str(entry.payload)


def test_an_administrator_cannot_drop_the_own_role(admin_page):
    form = {"name": "x", "is_active": "on", "role": [Role.AUDITOR], "region_code": [""], "warehouse_code": [""]}
    assert admin_page.post(reverse("person", args=[admin_page.user.pk]), form).status_code == 409


def test_a_new_password_works_and_is_shown_once(admin_page, make_user, client):
    someone = make_user("someone", Role.WAREHOUSE)
    answer = admin_page.post(reverse("person_password", args=[someone.pk]))
    someone.refresh_from_db()
    assert someone.check_password(answer.context["secret"])


def test_contact_points_are_added_and_removed(admin_page, make_user):
    someone = make_user("someone", Role.WAREHOUSE)
    add = reverse("contact_add", args=[someone.pk])
    admin_page.post(add, {"channel": "sms", "address": "138 0013 8000"})
    assert admin_page.post(add, {"channel": "sms", "address": "+8613800138000"}).status_code == 422
    assert admin_page.post(add, {"channel": "sms", "address": "\x01"}).status_code == 422
    point = ContactPoint.objects.get()
    assert point.address == "+8613800138000"
    admin_page.post(reverse("contact_remove", args=[point.pk]))
    assert not ContactPoint.objects.exists()
    assert not any("138" in str(entry.payload) for entry in Entry.objects.all())


def test_people_may_change_only_their_own_contact_points(client, make_user):
    me, other = make_user("me", Role.WAREHOUSE), make_user("other", Role.WAREHOUSE)
    client.force_login(me)
    form = {"channel": "email", "address": "me@example.com", "own": "1"}
    assert client.post(reverse("contact_add", args=[me.pk]), form).status_code == 302
    assert client.post(reverse("contact_add", args=[other.pk]), form).status_code == 403


@pytest.mark.parametrize("name", ["people", "people_import", "api_keys"])
def test_only_administrators_see_people(client, make_user, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(make_user("auditor", Role.AUDITOR))
    assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize("query", ["?q=王&role=customer_service", "?q=%F0%9F%94%A5&page=99", "?role=king&inactive=1"])
def test_people_are_searched(admin_page, query):
    assert admin_page.get(reverse("people") + query).status_code == 200


def test_the_account_page_sets_language_theme_and_zone(client, make_user):
    me = make_user("me", Role.WAREHOUSE)
    client.force_login(me)
    page = reverse("account_page")
    assert client.get(page).status_code == 200
    client.post(page, {"language": "en", "theme": "dark", "time_zone": "Asia/Urumqi"})
    me.refresh_from_db()
    assert (me.language, me.theme, me.time_zone) == ("en", "dark", "Asia/Urumqi")
    assert client.post(page, {"time_zone": "../../etc/passwd"}).status_code == 422
    assert "Change the password" in client.get(page).content.decode()


def test_mfa_and_password_pages_work(client, make_user):
    client.force_login(make_user("me", Role.WAREHOUSE))
    for name in ("mfa_index", "account_change_password"):
        assert client.get(reverse(name)).status_code == 200, name


def test_the_roster_shows_who_is_on_duty_and_the_gaps(client, make_user):
    me = make_user("me", Role.WAREHOUSE, name="王磊")
    client.force_login(me)
    at = now()
    monday = monday_of("", at)
    Duty.objects.create(post=Post.SAFETY, user=me, starts_at=monday, ends_at=monday + timedelta(days=2, hours=12))
    Duty.objects.create(
        post=Post.SITE, region_code="33", user=me, starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=1)
    )
    (safety,) = [week for week in roster_week(monday) if week.post == Post.SAFETY]
    assert [len(day.gaps) for day in safety.days] == [0, 0, 1, 1, 1, 1, 1]
    assert safety.days[2].gaps[0][0] == monday + timedelta(days=2, hours=12)
    (site,) = [row for row in roster_now(at) if row.region_code == "33"]
    assert (site.turns[0].user, site.missing) == (me, [1, 2])
    assert len(roster_now(at)) == len(Post.values) + 1
    for query in ("", "?region=33", "?week=2026-03-04", "?week=0001-01-01", "?week=x", "?region=99"):
        page = client.get(reverse("roster") + query)
        assert page.status_code == 200
    assert "王磊" in client.get(reverse("roster") + "?region=33").content.decode()
