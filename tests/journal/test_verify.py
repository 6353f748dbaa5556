"""`verify_journal` recomputes every chain, and heads exported before show a tail that was cut off."""

import json

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.actors import SYSTEM
from journal import operations
from journal.management.commands.verify_journal import SALT

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_entries():
    for number in range(3):
        with transaction.atomic():
            operations.write(kind="test.happened", subject="incident:1", by=SYSTEM, payload={"n": number})


def behind_its_back(*statements):
    with connection.cursor() as cursor:
        for table, trigger in [
            ("journal_entry", "journal_entry_is_evidence"),
            ("journal_head", "journal_head_is_not_deleted"),
        ]:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        for statement in statements:
            cursor.execute(statement)


def cut_tail():
    """Remove the last entry and set the head back, so that the chain looks whole."""
    behind_its_back(
        "DELETE FROM journal_entry WHERE seq = 3",
        "UPDATE journal_head SET seq = 2, hash = (SELECT hash FROM journal_entry WHERE seq = 2)",
    )


def test_it_says_that_all_chains_hold(three_entries, capsys):
    call_command("verify_journal")
    assert "1 chains, 3 entries: all hold" in capsys.readouterr().out


def test_it_finds_a_removed_entry(three_entries, capsys):
    behind_its_back("DELETE FROM journal_entry WHERE seq = 2")
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_journal")
    assert "incident:1 #3: gap before it" in capsys.readouterr().err


def test_it_finds_a_removed_chain(three_entries, capsys):
    behind_its_back("DELETE FROM journal_entry")
    with pytest.raises(CommandError):
        call_command("verify_journal")
    assert "incident:1 #3: no entries left" in capsys.readouterr().err


def test_exported_heads_show_a_cut_tail(three_entries, tmp_path, capsys):
    file = tmp_path / "heads"
    call_command("verify_journal", export=file)
    call_command("verify_journal", against=file)
    cut_tail()
    call_command("verify_journal")  # by itself the shortened chain holds
    with pytest.raises(CommandError):
        call_command("verify_journal", against=file)
    assert "incident:1 #3: missing since the export" in capsys.readouterr().err


def test_exported_heads_show_a_rewritten_tail(three_entries, tmp_path, capsys):
    file = tmp_path / "heads"
    call_command("verify_journal", export=file)
    cut_tail()
    with transaction.atomic():
        operations.write(kind="test.invented", subject="incident:1", by=SYSTEM)
    with pytest.raises(CommandError):
        call_command("verify_journal", against=file)
    assert "incident:1 #3: differs from the export" in capsys.readouterr().err


def test_entries_after_the_export_are_no_fault(three_entries, tmp_path):
    file = tmp_path / "heads"
    call_command("verify_journal", export=file)
    with transaction.atomic():
        operations.write(kind="test.happened", subject="incident:1", by=SYSTEM)
    call_command("verify_journal", against=file)


@pytest.mark.parametrize("forge", [lambda text: text + "x", lambda text: text.replace("incident", "x"), str.upper])
def test_it_refuses_heads_that_it_did_not_sign(three_entries, tmp_path, forge):
    file = tmp_path / "heads"
    file.write_text(forge(signing.Signer(salt=SALT).sign(json.dumps({"incident:1": [3, "00"]}))))
    with pytest.raises(CommandError, match="not a file of heads"):
        call_command("verify_journal", against=file)


def test_it_refuses_a_missing_file(tmp_path):
    with pytest.raises(CommandError, match="not a file of heads"):
        call_command("verify_journal", against=tmp_path / "nothing")
