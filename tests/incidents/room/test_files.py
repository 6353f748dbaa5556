"""Photos and files as evidence."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from incidents import files, operations
from incidents.models import Attachment
from incidents.refusals import UnknownCode, UnusableFile

pytestmark = pytest.mark.django_db


def office(*parts: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for part in parts:
            file.writestr(part, "x")
    return data.getvalue()


def test_it_keeps_the_bytes_and_their_sum(report, duty_officer, entries, png):
    incident = report()
    kept = operations.attach_file(incident_id=incident.pk, name="现场 1.png", data=png, by=duty_officer)
    assert (kept.name, kept.media_type, kept.size) == ("现场 1.png", "image/png", len(png))
    assert files.path_of(kept.sha256).read_bytes() == png
    payload = entries(incident, "file.attached")[0].payload
    assert payload["sha256"] == hashlib.sha256(png).hexdigest()
    assert "现场" not in str(payload)


def test_the_same_file_twice_is_one_row(report, duty_officer, entries, png):
    incident = report()
    note = operations.log_entry(incident_id=incident.pk, text="x", by=duty_officer)
    for _ in range(2):
        operations.attach_file(incident_id=incident.pk, name="a.png", data=png, by=duty_officer)
    other = f"decision:{note.pk}"
    operations.attach_file(incident_id=incident.pk, name="a.png", data=png, subject=other, by=duty_officer)
    assert Attachment.objects.count() == len(entries(incident, "file.attached")) == 2


@pytest.mark.parametrize(
    ("sent", "kept", "media_type"),
    [
        (("../../etc/passwd", b"root"), "passwd.txt", "text/plain"),
        (("a\u202egnp.exe", b"\xff\xd8\xff\xe0 photo"), "agnp.jpg", "image/jpeg"),
        (("IMG_1.HEIC", b"\x00\x00\x00\x18ftypheic...."), "IMG_1.HEIC", "image/heic"),
        (("表.csv", "订单,数量\n1,2".encode("gb18030")), "表.csv", "text/csv"),
        (("page.html", b"<script>alert(1)</script>"), "page.txt", "text/plain"),
        (("", b"%PDF-1.7 ..."), "file.pdf", "application/pdf"),
        (("x" * 400 + ".xlsx", office("[Content_Types].xml", "xl/workbook.xml")), None, None),
    ],
)
def test_the_bytes_say_what_it_is(report, duty_officer, sent, kept, media_type):
    name, data = sent
    row = operations.attach_file(incident_id=report().pk, name=name, data=data, by=duty_officer)
    if kept:
        assert (row.name, row.media_type) == (kept, media_type)
    assert len(row.name) <= files.LONGEST_NAME


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01",
        b"text with a \x00 in it",
        office("a.txt"),
        office("word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04 cut off",
        b"a" * (files.LARGEST + 1),
    ],
    ids=["empty", "exe", "elf", "nul", "zip", "macros", "broken", "large"],
)
def test_it_refuses_everything_else(report, duty_officer, media, data):
    with pytest.raises(UnusableFile):
        operations.attach_file(incident_id=report().pk, name="photo.jpg", data=data, by=duty_officer)
    assert not Attachment.objects.exists()
    assert not media.exists()


def test_a_file_belongs_to_something_of_its_incident(report, duty_officer, png):
    incident, other = report(), report(title="另一起")
    foreign = operations.log_entry(incident_id=other.pk, text="x", by=duty_officer)
    for subject in (f"decision:{foreign.pk}", "measure:1", "legal:nothing", "user:1", "decision:²"):
        with pytest.raises(UnknownCode):
            operations.attach_file(incident_id=incident.pk, name="a", data=png, subject=subject, by=duty_officer)


def test_who_may_only_look_adds_nothing(report, make_user, media, png):
    auditor = user_actor(make_user("auditor", Role.AUDITOR))
    with pytest.raises(NotAllowed):
        operations.attach_file(incident_id=report().pk, name="a.png", data=png, by=auditor)
    assert not media.exists()
