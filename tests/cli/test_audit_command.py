"""``mailmcp audit``: what is in the log, and what is said when somebody changed it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_afterwards import change
from tests.cli.test_desk import hold, run

UNLOCK = ("DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_shortened")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_the_log_is_shown_exported_and_verified_until_somebody_changes_it(home):
    draft = hold(home)
    listed = run("audit", "list", home=home).stdout.splitlines()
    assert [line.split("\t")[2] for line in listed] == ["inbox.created", "inbox.created", "draft.held"]
    assert f"draft={draft.id}" in listed[-1]
    records = [json.loads(line) for line in run("audit", "export", home=home).stdout.splitlines()]
    assert [record["id"] for record in records] == [1, 2, 3]
    assert records[-1]["detail"]["why"] == "asked"
    verified = run("audit", "verify", "--head", f"3:{records[-1]['hash'][:16]}", home=home)
    assert (verified.returncode, f"3:{records[-1]['hash']}" in verified.stdout) == (0, True)
    assert run("audit", "verify", "--head", "3:00000000", home=home).returncode == 1
    assert run("audit", "verify", "--head", "what", home=home).returncode == 1
    change(home, *UNLOCK, "UPDATE audit SET detail = '{}' WHERE id = 2")
    broken = run("audit", "verify", home=home)
    assert (broken.returncode, broken.stdout.startswith("Row 2 of the audit log is not as it was")) == (1, True)


def test_rows_removed_at_the_end_are_missed(home):
    hold(home)
    change(home, *UNLOCK, "DELETE FROM audit WHERE id = 3")
    broken = run("audit", "verify", home=home)
    assert (broken.returncode, broken.stdout) == (1, "Row 3 of the audit log is not as it was: it was removed.\n")


def test_what_was_removed_with_its_notes_is_missed_by_a_head_that_was_noted_elsewhere_alone(home):
    hold(home)
    heads = [json.loads(line)["hash"] for line in run("audit", "export", home=home).stdout.splitlines()]
    change(home, *UNLOCK, "DELETE FROM audit WHERE id = 3")
    notes = home / "audit.heads"
    notes.write_text("".join(line for line in notes.read_text().splitlines(True) if int(line.split()[1]) < 3))
    unseen = run("audit", "verify", home=home)
    assert (unseen.returncode, "--head" in unseen.stdout) == (0, True)
    compared = run("audit", "verify", "--head", f"2:{heads[1]}", home=home)
    assert (compared.returncode, "--head" in compared.stdout) == (0, False)
    for shown in (f"3:{heads[2][:16]}", f"Audit log, line 3: {heads[2]}", f"the audit log ends at row 3, {heads[2]}"):
        found = run("audit", "verify", "--head", shown, home=home)
        assert (found.returncode, found.stdout) == (1, "Row 3 of the audit log is not as it was: it was removed.\n")
    notes.unlink()
    assert run("audit", "verify", home=home).returncode == 1
