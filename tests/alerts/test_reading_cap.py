"""The reader takes what the standard allows and says where the rest breaks it."""

import os
from pathlib import Path

import pytest

from alerts.cap import Malformed, parse
from tests.alerts.conftest import CAP, INFO, cap, refers

SHARED = Path(os.environ.get("CAP_DIR") or Path(__file__).resolve().parents[3] / "shared" / "data" / "cap")


def info(**fields):
    values = {"severity": "Severe", "headline": "h", "place": "", "response": "", "expires": ""} | fields
    return INFO.format(**values)


def test_it_reads_a_message():
    alert = parse(cap(place="<polygon>28,120 29,120 29,121 28,120</polygon><circle>30.5,120 35</circle>"))
    assert (alert.version, alert.identifier, alert.status) == ("1.2", "T-1", "Actual")
    area = alert.infos[0].areas[0]
    assert area.polygons == [[(28, 120), (29, 120), (29, 121), (28, 120)]]
    assert area.circles == [(30.5, 120, 35)]


def test_it_reads_older_and_prefixed_messages():
    older = cap(namespace="urn:oasis:names:tc:emergency:cap:1.1", sent="2026-07-12T00:00:00Z")
    assert parse(older).version == "1.1"
    prefixed = cap().replace(b'xmlns="', b'xmlns:c="')
    for name in (b"alert", b"identifier", b"sender", b"sent", b"status", b"msgType", b"scope"):
        prefixed = prefixed.replace(b"<%b>" % name, b"<c:%b>" % name).replace(b"</%b>" % name, b"</c:%b>" % name)
    prefixed = prefixed.replace(b"<alert ", b"<c:alert ").replace(b"<info>", b"<x:info xmlns:x='urn:other'>")
    assert parse(prefixed.replace(b"</info>", b"</x:info>")).infos == []


def test_it_reads_chinese_encodings():
    text = cap().decode().replace('encoding="UTF-8"', 'encoding="GB18030"')
    assert parse(text.encode("gb18030")).infos[0].event == "台风"
    assert parse(cap().decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")).infos


@pytest.mark.parametrize(
    ("xml", "where"),
    [
        (b"", "document"),
        (b"\x00\x01", "document"),
        (b"<alert", "document"),
        (b"<rss/>", "rss"),
        (cap(namespace="http://www.incident.com/cap/1.0"), "alert"),
        (cap(sent="2026-07-12T00:00:00Z"), "alert/sent"),
        (cap(sent="2026-02-30T00:00:00+08:00"), "alert/sent"),
        (cap(sender="two words"), "alert/sender"),
        (cap(identifier="x" * 256), "alert/identifier"),
        (cap(status="Real"), "alert/status"),
        (cap(msg_type="Update"), "alert/references"),
        (cap(references="one,two"), "alert/references"),
        (cap(severity="Bad"), "alert/info/severity"),
        (cap(severity=""), "alert/info/severity"),
        (cap(infos=info() + info(severity="Bad")), "alert/info[2]/severity"),
        (cap(place="<polygon>28,120 29,120 28,120</polygon>"), "alert/info/area/polygon"),
        (cap(place="<polygon>28,120 29,120 29,121 28,121</polygon>"), "alert/info/area/polygon"),
        (cap(place="<polygon>28,120 29,120 99,121 28,120</polygon>"), "alert/info/area/polygon"),
        (cap(place="<circle>28,120</circle>"), "alert/info/area/circle"),
        (cap(place="<circle>28,120 1e9</circle>"), "alert/info/area/circle"),
        (cap(infos="<informal/>"), "alert/informal"),
        (cap(infos="<scope>Public</scope>"), "alert/scope"),
        (cap(infos="<note><a><b/></a></note>"), "alert/note"),
        (cap().replace(b"Public", b"Private"), "alert/addresses"),
        (cap(infos="<note>" + "x" * 1_000_001 + "</note>"), "document"),
        (cap(infos="<info>" * 300 + "</info>" * 300), "document"),
    ],
)
def test_it_says_what_is_wrong(xml, where):
    with pytest.raises(Malformed) as refused:
        parse(xml)
    assert refused.value.where == where


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10))


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE alert [{LAUGHS}]>",
        '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE alert [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    ],
)
@pytest.mark.parametrize("text", ["&l9;", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_it_refuses_entities_and_document_types(doctype, text, encoding):
    xml = cap(headline=text).decode().replace('"UTF-8"', f'"{encoding}"').replace("?>", "?>" + doctype, 1)
    with pytest.raises(Malformed):
        parse(xml.encode(encoding))


def test_it_reads_references():
    alert = parse(cap(msg_type="Update", references=f"{refers()} {refers('T-0')}"))
    assert [(ref.identifier, ref.sender) for ref in alert.references] == [
        ("T-1", "test@weather.example"),
        ("T-0", "test@weather.example"),
    ]


FILES = sorted(path for path in SHARED.glob("*") if path.suffix in {".cap", ".xml", ".atom", ".rss"})
REFUSED = {
    "canada_errors.cap": "alert/references",
    "noaa_errors.cap": "alert/info/urgency",
    "invalid.cap": "alert/scope",
    "xee.cap": "document",
    "xee.atom": "document",
}


@pytest.mark.skipif(not FILES, reason="no published CAP files at hand (CAP_DIR)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_takes_published_messages_and_refuses_the_broken_ones(path):
    name = path.name.partition("__")[2]
    raw = path.read_bytes()
    where = REFUSED.get(name) or {".atom": "feed", ".rss": "rss"}.get(path.suffix)
    if where is None:
        assert parse(raw).identifier
        return
    with pytest.raises(Malformed) as refused:
        parse(raw)
    assert refused.value.where == where


def test_it_refuses_another_namespace():
    assert CAP.encode() in cap()
    with pytest.raises(Malformed):
        parse(cap(namespace="urn:example"))
