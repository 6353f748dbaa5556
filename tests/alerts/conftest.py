"""Made-up CAP messages, and the regions they speak of."""

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from alerts import operations
from dispatch.models import Region

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ZHEJIANG = "28.0,120.5 28.9,120.5 28.9,121.6 28.0,121.6 28.0,120.5"  # around Taizhou

BODY = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="{namespace}">
  <identifier>{identifier}</identifier>
  <sender>{sender}</sender>
  <sent>{sent}</sent>
  <status>{status}</status>
  <msgType>{msg_type}</msgType>
  <scope>Public</scope>
  {references}
  {infos}
</alert>"""

INFO = """<info>
    <language>zh-CN</language>
    <category>Met</category>
    <event>台风</event>
    {response}
    <urgency>Immediate</urgency>
    <severity>{severity}</severity>
    <certainty>Likely</certainty>
    {expires}
    <senderName>测试气象台</senderName>
    <headline>{headline}</headline>
    <description>预计未来 24 小时将有大风。</description>
    <area><areaDesc>测试区域</areaDesc>{place}</area>
  </info>"""


def geocode(code, name="GB/T2260"):
    return f"<geocode><valueName>{name}</valueName><value>{code}</value></geocode>"


def cap(**fields):
    """A CAP message as bytes; every part can be given."""
    values = {
        "namespace": CAP,
        "identifier": "T-1",
        "sender": "test@weather.example",
        "sent": "2026-07-12T08:00:00+08:00",
        "status": "Actual",
        "msg_type": "Alert",
        "references": "",
        "severity": "Severe",
        "headline": "测试气象台发布台风预警信号",
        "place": geocode("331000"),
        "response": "",
        "expires": "<expires>2099-07-13T08:00:00+08:00</expires>",
    } | fields
    if refers := values["references"]:
        values["references"] = f"<references>{refers}</references>"
    values.setdefault("infos", INFO.format(**values))
    return BODY.format(**values).encode()


def refers(identifier="T-1", sent="2026-07-12T08:00:00+08:00", sender="test@weather.example"):
    return f"{sender},{identifier},{sent}"


@pytest.fixture
def source(make_user):
    return user_actor(make_user("qixiang", Role.DUTY_OFFICER, name="气象接口"))


@pytest.fixture
def regions(db):
    rows = [
        ("330000", "浙江省", "province", None, 29.2, 120.5),
        ("330100", "杭州市", "city", "330000", 30.27, 120.15),
        ("331000", "台州市", "city", "330000", 28.65, 121.42),
        ("310000", "上海市", "province", None, 31.2, 121.5),
        ("310100", "上海市", "city", "310000", 31.2, 121.5),
        ("PORT07", "测试港", "port", None, 28.5, 121.0),
    ]
    for code, name, level, parent, lat, lon in rows:
        Region.objects.create(code=code, name=name, level=level, parent_id=parent, lat=lat, lon=lon)


@pytest.fixture
def file(regions, source):
    """file(identifier="T-2", …) → the Warning made of such a message."""

    def send(**fields):
        return operations.file_warning(xml=cap(**fields), by=source)

    return send
