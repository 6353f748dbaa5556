"""Sheets of staff, contacts and duties: shown first, applied exactly as shown, once."""

import io

import pytest
from openpyxl import Workbook

from accounts import operations, sheets
from accounts.actors import NotAllowed, user_actor
from accounts.imports import plan
from accounts.models import ContactPoint, Duty, ImportDraft, User
from accounts.roles import Role
from journal.models import Entry

pytestmark = pytest.mark.django_db

STAFF = "工号,姓名,英文名,职务,角色,区域代码\nS1,王磊,Wang Lei,调度,值班长;section_chief,33\nS2,李敏,,客服,客服,\n"


def draft(by, text, kind="staff", filename="staff.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return operations.draft_import(kind=kind, content=content, filename=filename, by=by)


def apply(by, text, kind="staff", filename="staff.csv"):
    made = draft(by, text, kind, filename)
    _, preview = operations.show_preview(draft_id=made.pk, by=by)
    assert not preview.errors, preview.errors
    return operations.apply_import(draft_id=made.pk, plan_digest=preview.digest, by=by)


def errors(by, text, kind="staff"):
    content = text if isinstance(text, bytes) else text.encode()
    found = plan(kind=kind, content=content, filename="x.csv", by=by).errors
    return {(error.row, error.column) for error in found}


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def staff(administrator):
    apply(administrator, STAFF)
    return {user.staff_no: user for user in User.objects.exclude(staff_no=None)}


def test_it_shows_before_it_saves(administrator):
    made = draft(administrator, STAFF)
    _, preview = operations.show_preview(draft_id=made.pk, by=administrator)
    assert [(line.row, line.action) for line in preview.lines] == [(2, "create"), (3, "create")]
    assert not User.objects.exclude(staff_no=None).exists()


def test_it_applies_people_with_roles(staff):
    grants = {(grant.role, grant.region_code) for grant in staff["S1"].grants.all()}
    assert grants == {(Role.DUTY_OFFICER, "33"), (Role.SECTION_CHIEF, "33")}
    assert staff["S1"].name_en == "Wang Lei"
    assert not staff["S1"].has_usable_password()


def test_it_journals_ids_and_counts_only(staff, administrator):
    entry = Entry.objects.get(kind="accounts.imported")
    assert entry.actor == str(administrator)
    assert entry.payload["created"] == 2
    assert set(entry.payload["people"]) == {user.pk for user in staff.values()}
    assert "王磊" not in str(entry.payload)


def test_it_tells_changed_from_unchanged(staff, administrator):
    text = STAFF.replace("调度", "调度经理")
    preview = plan(kind="staff", content=text.encode(), filename="x.csv", by=administrator)
    assert [line.action for line in preview.lines] == ["change", "same"]
    (change,) = preview.lines[0].changes
    assert (change.old, change.new) == ("调度", "调度经理")


def test_a_blank_cell_changes_nothing_and_a_dash_empties(staff, administrator):
    apply(administrator, "staff_no,name,name_en,job_title\nS1,王磊,,-\n")
    user = User.objects.get(staff_no="S1")
    assert (user.name_en, user.job_title) == ("Wang Lei", "")


@pytest.mark.parametrize(
    "content",
    [
        STAFF.encode("gbk"),
        STAFF.encode("utf-8-sig"),
        STAFF.replace(",", "\t").encode("utf-16"),
        STAFF.replace(",", ";").replace("值班长;section_chief", '"值班长;section_chief"').encode(),
        workbook(*[line.split(",") for line in STAFF.splitlines()]),
    ],
    ids=["gbk", "bom", "utf-16", "semicolons", "excel"],
)
def test_it_reads_what_spreadsheets_write(administrator, content):
    preview = plan(kind="staff", content=content, filename="x", by=administrator)
    assert [line.title for line in preview.lines] == ["王磊 (S1)", "李敏 (S2)"]
    assert not preview.errors


def test_it_finds_every_fault_by_its_cell(administrator):
    text = (
        "staff_no,name,roles,language,time_zone,active,region_code\n"
        "S1,,commander,,,,\n"
        "S2,李敏,king,klingon,Mars/Olympus,maybe,9\n"
        "S3,=cmd|' /C calc'!A0,,,,,\n"
        "S3,赵强,,,,,\n"
        "S3,赵强,,,,,\n"
        "S 5,@SUM(A1),,,,,33\n"
    )
    found = errors(administrator, text)
    rows = {row for row, _column in found}
    assert rows == {2, 3, 4, 6, 7}
    assert len([row for row, _column in found if row == 3]) == 5


def test_it_refuses_to_apply_a_file_with_faults(administrator):
    made = draft(administrator, "staff_no,name\nS1,\n")
    _, preview = operations.show_preview(draft_id=made.pk, by=administrator)
    with pytest.raises(operations.NotReady):
        operations.apply_import(draft_id=made.pk, plan_digest=preview.digest, by=administrator)


def test_it_applies_once(administrator):
    made = apply(administrator, STAFF)
    with pytest.raises(operations.DraftDecided):
        operations.apply_import(draft_id=made.pk, plan_digest="x", by=administrator)
    assert bytes(ImportDraft.objects.get().content) == b""


def test_it_refuses_a_stale_preview(administrator):
    made = draft(administrator, STAFF)
    _, preview = operations.show_preview(draft_id=made.pk, by=administrator)
    User.objects.create(username="s1", staff_no="S1", name="王雷")
    with pytest.raises(operations.StalePreview):
        operations.apply_import(draft_id=made.pk, plan_digest=preview.digest, by=administrator)
    assert User.objects.get(staff_no="S1").name == "王雷"


def test_it_keeps_drafts_to_their_owner(administrator, make_user):
    made = draft(administrator, STAFF)
    other = user_actor(make_user("other", Role.ADMINISTRATOR))
    with pytest.raises(operations.DraftDecided):
        operations.show_preview(draft_id=made.pk, by=other)


def test_it_forgets_an_unconfirmed_file_after_a_day(administrator, fast_forward):
    made = draft(administrator, STAFF)
    fast_forward(hours=25)
    with pytest.raises(operations.DraftDecided):
        operations.show_preview(draft_id=made.pk, by=administrator)


def test_it_needs_permission(commander):
    with pytest.raises(NotAllowed):
        draft(commander, STAFF)


def test_an_administrator_cannot_lock_themselves_out(administrator):
    me = User.objects.get(pk=administrator.user_id)
    me.staff_no = "S9"
    me.save()
    sheet = f"staff_no,name,username,active,roles\nS9,管理员,{me.username},no,auditor\n"
    assert len(errors(administrator, sheet)) == 2


def test_it_refuses_a_user_name_of_somebody_else(staff, administrator):
    assert errors(administrator, "staff_no,name,username\nS7,新人,s1\n")


def test_contacts_are_normalised_and_checked(staff, administrator):
    sheet = "工号,渠道,号码,顺序\nS1,手机,138 0013 8000,\nS1,邮箱,Lei@Example.COM,1\n"
    apply(administrator, sheet, "contacts")
    points = set(ContactPoint.objects.values_list("channel", "address", "rank"))
    assert points == {("sms", "+8613800138000", 0), ("email", "Lei@example.com", 1)}
    again = plan(kind="contacts", content=sheet.encode(), filename="x.csv", by=administrator)
    assert (again.same, again.created, again.changed) == (2, 0, 0)
    bad = "staff_no,channel,address,rank\nS9,sms,13800138000,\nS1,pigeon,x,\nS1,sms,12,\n"
    bad += "S1,email,nobody,\nS1,sms,13900139000,x\n"
    assert {row for row, _column in errors(administrator, bad, "contacts")} == {2, 3, 4, 5, 6}


def test_the_roster_is_read_in_the_users_zone(staff, administrator):
    sheet = (
        "岗位,工号,班次,开始时间,结束时间\n"
        "值班长,S1,主班,2026/3/1 8:00,2026-03-01 20:00\n"
        "值班长,S2,A,2026-03-01 08:00,2026-03-01 20:00\n"
    )
    apply(administrator, sheet, "roster")
    primary = Duty.objects.get(rank=0)
    assert primary.starts_at.isoformat() == "2026-03-01T00:00:00+00:00"
    preview = plan(kind="roster", content=sheet.replace("S1", "S2", 1).encode(), filename="x", by=administrator)
    assert [line.action for line in preview.lines] == ["change", "same"]


def test_the_roster_refuses_overlaps_and_nonsense(staff, administrator):
    apply(administrator, "post,staff_no,starts_at,ends_at\nsafety,S1,2026-03-01 08:00,2026-03-01 20:00\n", "roster")
    bad = (
        "post,staff_no,rank,starts_at,ends_at\n"
        "safety,S2,,2026-03-01 19:00,2026-03-02 08:00\n"
        "safety,S2,Z,2026-04-01 19:00,2026-04-02 08:00\n"
        "king,S2,,2026-04-01 19:00,2026-04-02 08:00\n"
        "it,S2,,2026-04-01 19:00,2026-04-01 19:00\n"
        "it,S2,,2026-02-30 19:00,2026-04-01 19:00\n"
        "it,S2,,2026-01-01 19:00,2026-04-01 19:00\n"
    )
    assert {row for row, _column in errors(administrator, bad, "roster")} == {2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("kind", ["staff", "contacts", "roster"])
def test_an_export_comes_back_unchanged(staff, administrator, kind):
    apply(administrator, "staff_no,channel,address\nS1,sms,13800138000\n", "contacts")
    apply(administrator, "post,staff_no,starts_at,ends_at\nsafety,S1,2126-03-01 08:00,2126-03-01 20:00\n", "roster")
    rows = operations.record_export(kind=kind, by=administrator)
    for content in (sheets.write_csv(rows), sheets.write_excel(rows, title=kind)):
        preview = plan(kind=kind, content=content, filename="x", by=administrator)
        assert not preview.errors
        assert preview.same == len(rows) - 1 > 0
        assert not preview.ignored


@pytest.mark.parametrize("heading", ["工号\nS1\n", "staff_no,name,姓名\nS1,a,b\n", "", "工号,姓名\n", "\x00\x01\x02"])
def test_it_refuses_a_table_without_its_columns(administrator, heading):
    with pytest.raises(operations.SheetRefused):
        draft(administrator, heading)
