"""Two versions side by side."""

from incidents.plandiff import compare

EMPTY = {"texts": {}, "measures": [], "contacts": [], "supplies": [], "legal_clocks": []}


def measure(code, **fields):
    return {"code": code, "order": 10, "name": code, "name_en": "", "due_minutes": 15, "after": [], **fields}


def test_equal_contents_differ_in_nothing():
    content = {**EMPTY, "measures": [measure("a")], "texts": {"name": "x"}}
    assert compare(content, {**content, "measures": [measure("a", order=30)]}).nothing


def test_texts_are_compared_by_paragraph():
    before = {**EMPTY, "texts": {"trigger": "台风\n\n暴雨\n洪水", "review": "x"}}
    after = {**EMPTY, "texts": {"trigger": "台风\n暴雨和山洪\n洪水\n地震", "review": "x"}}
    (change,) = compare(before, after).texts
    assert change.field == "trigger"
    assert [(row.change, row.before, row.after) for row in change.paragraphs] == [
        ("same", "台风", "台风"),
        ("changed", "暴雨", "暴雨和山洪"),
        ("same", "洪水", "洪水"),
        ("added", None, "地震"),
    ]


def test_measures_are_compared_by_code_and_field():
    before = {**EMPTY, "measures": [measure("a"), measure("b"), measure("c")]}
    after = {**EMPTY, "measures": [measure("c"), measure("a", due_minutes=30), measure("d")]}
    found = compare(before, after)
    assert [(row.code, row.change) for row in found.measures] == [("a", "changed"), ("d", "added"), ("b", "removed")]
    assert [(f.field, f.before, f.after) for f in found.measures[0].fields] == [("due_minutes", 15, 30)]
    assert {f.field for f in found.measures[1].fields} == {"name", "due_minutes"}
    assert found.reordered


def test_lists_are_compared_by_what_names_a_row():
    before = {
        **EMPTY,
        "contacts": [{"name": "急救", "phone": "120"}, {"name": "电力", "phone": "95598"}],
        "supplies": [{"item": "PUMP", "quantity": 2}],
        "legal_clocks": ["a", "b"],
        "auto_start": False,
    }
    after = {
        **EMPTY,
        "contacts": [{"name": "急救", "phone": "120"}, {"name": "消防", "phone": "119"}],
        "supplies": [{"item": "PUMP", "quantity": 4}],
        "legal_clocks": ["b"],
        "auto_start": True,
        "auto_conditions": [{"indicator": "cities", "at_least": 3}],
    }
    found = compare(before, after)
    assert [row.change for row in found.contacts] == ["added", "removed"]
    assert [(row.change, row.after["quantity"]) for row in found.supplies] == [("changed", 4)]
    assert [(row.change, row.before) for row in found.legal_clocks] == [("removed", "a")]
    assert [row.change for row in found.auto] == ["changed", "added"]
    assert found.to_json()["supplies"][0]["before"] == {"item": "PUMP", "quantity": 2}
