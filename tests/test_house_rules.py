"""Rules of the house that no linter knows, checked on the source itself."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
# Where a state may be written: operations, and the engines of bulk nouns with their declared transitions.
WRITERS = ("operations", "engine", "moves", "due", "sample", "defaults")
LONGEST_FILE = 420  # 400 and a little grace: then it becomes a package


def sources() -> list[Path]:
    folders = [BASE / room for room in ("config", *settings.ROOMS)]
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "migrations" not in path.parts)


@pytest.fixture(scope="module")
def parsed() -> list[tuple[Path, ast.Module]]:
    return [(path.relative_to(BASE), ast.parse(path.read_text(encoding="utf-8"))) for path in sources()]


def place(path: Path, node: ast.AST) -> str:
    return f"{path}:{getattr(node, 'lineno', 0)}"


def part_of_room(path: Path) -> str:
    """ "operations" for dispatch/operations/waves.py and for alerts/operations.py."""
    return path.parts[1].removesuffix(".py") if len(path.parts) > 1 else ""


def calls(tree: ast.AST, *names: str) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in names:
                yield node, name


def keywords(call: ast.Call) -> set[str]:
    return {keyword.arg for keyword in call.keywords if keyword.arg}


def filtered_by(call: ast.Call) -> set[str]:
    """The keywords of every call in the chain before this one: qs.filter(state=…).update(…) → {"state"}."""
    found: set[str] = set()
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Call):
            found |= keywords(node)
            node = node.func
        else:
            node = node.value
    return found


def test_states_are_written_by_operations_only(parsed):
    found = []
    for path, tree in parsed:
        if part_of_room(path) in WRITERS:
            continue
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
                found.append(place(path, node))
        found += [place(path, call) for call, _ in calls(tree, "update") if "state" in keywords(call)]
    assert not found


def test_every_bulk_change_of_state_names_the_state_it_starts_from(parsed):
    found = []
    for path, tree in parsed:
        for call, _ in calls(tree, "update"):
            if "state" in keywords(call) and not filtered_by(call) & {"state", "state__in"}:
                found.append(place(path, call))
    assert not found


def test_every_sql_update_of_a_state_names_the_state_it_starts_from():
    found = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        for statement in re.finditer(r"UPDATE\s[^;\"]*?\bSET\b[^;]*?\bstate = .*?(?:\"\"\"|$)", text, re.DOTALL):
            if not re.search(r"WHERE[\s\S]*(\bstate\b|LEGAL)", statement.group()):
                found.append(f"{path.relative_to(BASE)}: {statement.group()[:60]}")
    assert not found


def test_time_comes_from_the_database(parsed):
    found = []
    for path, tree in parsed:
        if path.parts[0] == "config":
            continue
        for call, name in calls(tree, "now", "utcnow", "today"):
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if isinstance(owner, ast.Name) and owner.id in {"timezone", "datetime", "date"}:
                found.append(f"{place(path, call)} {owner.id}.{name}()")
    # Providers, real and simulated, live in real time.
    assert not [line for line in found if "/simulator/" not in line and "/transports/" not in line]


def test_no_task_waits_in_the_broker(parsed):
    found = []
    for path, tree in parsed:
        for call, _ in calls(tree, "apply_async", "signature", "s", "si", "retry"):
            if keywords(call) & {"eta", "countdown"}:
                found.append(place(path, call))
    assert not found


def test_tasks_take_ids_by_keyword(parsed):
    """Arguments travel through Redis and logs: ids only, by name."""
    found = []
    for path, tree in parsed:
        if part_of_room(path) != "tasks":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and any("shared_task" in ast.unparse(d) for d in node.decorator_list):
                arguments = node.args
                positional = [a.arg for a in arguments.args if a.arg != "self"]
                kinds = {ast.unparse(a.annotation) for a in arguments.kwonlyargs if a.annotation}
                if (positional and not arguments.kwonlyargs and len(positional) > 1) or kinds - {"int", "str"}:
                    found.append(f"{place(path, node)} {node.name}")
    assert not found


def test_celery_is_never_made_eager():
    mark = "ALWAYS" + "_EAGER"
    files = [*sources(), *(BASE / "tests").rglob("*.py")]
    assert not [path for path in files if mark in path.read_text(encoding="utf-8").upper()]


def test_pages_and_api_write_through_operations(parsed):
    found = []
    for path, tree in parsed:
        if part_of_room(path) not in {"views", "api"} or path.parts[0] == "config":
            continue
        for call, name in calls(tree, "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"):
            found.append(f"{place(path, call)} .{name}()")
        for call, name in calls(tree, "create", "delete", "update"):
            if "objects" in ast.unparse(call.func):
                found.append(f"{place(path, call)} .{name}()")
    assert not found


def test_operations_take_keywords_and_an_actor(parsed):
    """A public operation is keyword-only; one that takes an actor calls it `by`."""
    found = []
    for path, tree in parsed:
        if part_of_room(path) != "operations" or path.parts[0] == "journal":
            continue
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if node.args.args and node.args.args[0].arg == "change":
                continue  # a step inside an operation that is under way
            names = [a.arg for a in [*node.args.args, *node.args.kwonlyargs]]
            if "by" in names and len(node.args.args) > 1 and "by" in [a.arg for a in node.args.kwonlyargs]:
                found.append(f"{place(path, node)} {node.name}")
    assert not found


def test_a_file_fits_in_a_reader_s_head():
    assert not [path for path in sources() if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE]


INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE)
HANDLER = re.compile(r"<[^>]*\s(on[a-z]+|hx-on[:\w-]*)\s*=\s*[\"']", re.IGNORECASE)
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)
REFUSED = [INLINE_SCRIPT, HANDLER, ELSEWHERE, re.compile("javascript:"), re.compile("hx-vals='js:")]


def test_a_template_keeps_to_the_content_security_policy():
    """No script in the page, no handler attribute, nothing from elsewhere: the browser would refuse it."""
    found = []
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        found += [f"{path}: {match.group()}" for rule in REFUSED for match in rule.finditer(text)]
    assert not found


def test_a_template_does_not_trust_what_users_wrote():
    """`|safe` and autoescape off would let a name become markup."""
    found = [path for path in TEMPLATES if re.search(r"\|safe\b|autoescape off", path.read_text(encoding="utf-8"))]
    assert not found


def test_what_is_imported_is_a_dependency(parsed):
    """What only the tests' own group brings is missing where the house merely runs."""
    project = tomllib.loads((BASE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in project["dependencies"]}
    owners = packages_distributions()
    ours = {"config", "tests", *settings.ROOMS} | {"asgiref", "kombu", "amqp"}  # the last are Django's and Celery's own
    missing = set()
    for path, tree in parsed:
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for name in {name.partition(".")[0] for name in names} - ours - sys.stdlib_module_names:
                if not declared & {owner.lower().replace("_", "-") for owner in owners.get(name, [])}:
                    missing.add(f"{place(path, node)} {name}")
    assert not missing
