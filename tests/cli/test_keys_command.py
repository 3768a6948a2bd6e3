"""``mailmcp keys`` and ``serve --transport``: what is shown, what is kept, and what is said to a mistyped line."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.test_desk import hold, run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def secret_of(shown: str) -> str:
    return re.findall(r"^  (mailmcp_\S{43})$", shown, re.MULTILINE)[0]


def test_a_key_is_shown_once_listed_without_its_secret_rotated_and_revoked(home: Path) -> None:
    inbox = hold(home).inbox
    made = run("keys", "create", "--inbox", inbox, "--can", "send,read", "--label", "the agent", home=home)
    secret, key = secret_of(made.stdout), made.stdout.split()[0]
    assert made.stdout.startswith(f"{key} can read,send in {inbox} (the agent)\n")
    listed = run("keys", "list", home=home).stdout
    assert key in listed
    assert secret not in listed
    assert secret.encode() not in (home / "mailmcp.db").read_bytes()
    rotated = run("keys", "rotate", key, "--overlap", "2", home=home).stdout
    assert secret_of(rotated) != secret
    assert "The secret before is taken until " in rotated
    assert run("keys", "revoke", key, home=home).stdout == f"{key} opens nothing any more.\n"
    assert "revoked" in run("keys", "list", home=home).stdout
    again = run("keys", "revoke", key, home=home)
    assert (again.returncode, "There is no key" in again.stderr) == (1, True)
    log = run("audit", "list", home=home).stdout
    assert all(event in log for event in ("key.created", "key.rotated", "key.revoked"))


def test_several_inboxes_or_all_may_be_opened(home: Path) -> None:
    draft = hold(home)
    two = (draft.inbox, draft.recipients[0])
    made = run("keys", "create", "--inbox", two[0], "--inbox", two[1], home=home).stdout
    assert f"can read in {two[0]}, {two[1]}" in made
    assert "can create in all inboxes" in run("keys", "create", "--all", "--can", "create", home=home).stdout
    assert "in the inboxes that it will make" in run("keys", "create", "--can", "create", home=home).stdout
    assert run("keys", "list", home=home).stdout.count("\n") == 3


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (("keys",), 2, "takes create, list, rotate or revoke"),
        (("keys", "create"), 1, "The key would open nothing"),
        (("keys", "create", "--all", "--can", "approve"), 2, "--can takes read, send, create, not 'approve'"),
        (("keys", "create", "--all", "--inbox", "a@b.test"), 1, "not both"),
        (("keys", "create", "--inbox", "a@b.test"), 1, "There is no inbox a@b.test"),
        (("keys", "rotate"), 2, "takes a key"),
        (("keys", "list", "k_x"), 2, "takes no further 'k_x'"),
        (("keys", "rotate", "k_x", "--overlap", "-1"), 2, "--overlap takes hours"),
        (("keys", "rotate", "k_x", "--overlap", "00000099999"), 2, "--overlap takes hours"),
        (("serve", "--transport", "http", "--port", "00000099999"), 2, "--port takes a number"),
        (("keys", "rotate", "k_x"), 1, "There is no key k_x"),
        (("serve", "--transport", "tcp"), 2, "--transport takes stdio, http or sse, not 'tcp'"),
        (("serve", "--port", "80"), 2, "belong to `--transport http`"),
        (("serve", "--transport", "http", "--port", "web"), 2, "--port takes a number"),
        (("serve", "--transport", "http", "--host", "mail.lan"), 2, "--host takes an address"),
        (("serve", "--transport", "http", "--host", "0.0.0.0"), 1, "there is no key yet: make one"),
    ],
)
def test_a_mistyped_line_is_told_what_is_wrong(home: Path, line: tuple[str, ...], code: int, words: str) -> None:
    said = run(*line, home=home)
    assert (said.returncode, words in said.stderr) == (code, True), said.stderr


def documented(*pages: str) -> list[list[str]]:
    """What the consoles of these pages type to make a key."""
    lines = "\n".join((ROOT / page).read_text("utf-8") for page in pages).splitlines()
    return [shlex.split(line.removeprefix("$ mailmcp ")) for line in lines if line.startswith("$ mailmcp keys create ")]


@pytest.mark.parametrize("line", documented("README.md", "docs/http.md"), ids=" ".join)
def test_what_the_pages_type_to_make_a_key_makes_one_in_a_new_home(home: Path, line: list[str]) -> None:
    said = run(*line, home=home)
    assert (said.returncode, len(secret_of(said.stdout)) > 40) == (0, True), said.stderr


@pytest.mark.parametrize(
    "line",
    [("create", "--all", "--label", "\udcff"), ("create", "--inbox", "\udcff@x.test"), ("rotate", "k_\udcff")],
)
def test_octets_that_are_no_text_are_said_and_no_crash(home: Path, line: tuple[str, ...]) -> None:
    said = run("keys", *line, home=home)
    assert (said.returncode, "is not text" in said.stderr) == (2, True), said.stderr
    assert run("keys", "list", home=home).stdout == "There are no keys.\n"


def test_a_port_that_is_taken_is_said_with_the_way_out(home: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run("serve", "--transport", "http", "--port", port, home=home)
    assert (said.returncode, "give another with --port" in said.stderr) == (1, True), said.stderr
