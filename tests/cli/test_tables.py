"""Editing TOML of somebody else's: one table changes, and every other line stays."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from mailmcp.cli import tables

PATH = ("mcp_servers", "mailmcp")
ENTRY = {"command": r"C:\Tools\mailmcp.exe", "args": ["serve", "--home", "/ä b"]}
CONFIG = """\
# mine
model = "x"  # fast

[mcp_servers.docs]
command = "npx" # [mcp_servers.mailmcp]
note = '''
[not a header of mine]
'''

[profiles.a]
x = 1
"""


@pytest.mark.parametrize("text", ["", "a = 1", CONFIG, CONFIG.replace("\n", "\r\n")])
def test_a_table_is_put_in_once_and_taken_out_again(text):
    edited = tables.with_table(text, PATH, ENTRY)
    before = tomllib.loads(text)
    assert tomllib.loads(edited) == {**before, "mcp_servers": {**before.get("mcp_servers", {}), "mailmcp": ENTRY}}
    assert edited.startswith(text.rstrip())
    assert tables.with_table(edited, PATH, ENTRY) == edited
    assert tables.without_table(edited, PATH).rstrip() == text.rstrip()


def test_a_table_with_tables_in_it_is_replaced_where_it_stands():
    text = '[mcp_servers."mailmcp"]\ncommand = "old"\n[mcp_servers.mailmcp.env]\nKEY = "k"\n\n[after]\nx = 1\n'
    edited = tables.with_table(text, PATH, {"command": "new", "env": {"KEY": "k"}})
    assert tomllib.loads(edited) == {
        "mcp_servers": {"mailmcp": {"command": "new", "env": {"KEY": "k"}}},
        "after": {"x": 1},
    }
    assert edited.index("mailmcp") < edited.index("[after]")


@pytest.mark.parametrize("text", ["= 1", "[mcp_servers]\nmailmcp = { command = 'x' }\n", "mcp_servers = 1\n"])
def test_what_cannot_be_edited_is_refused(text):
    with pytest.raises(tables.NotToml):
        tables.with_table(text, PATH, ENTRY)


def test_comments_behind_a_table_stay_with_what_follows_it():
    text = '[mcp_servers.mailmcp]\ncommand = "x"\n\n# for work\n[profiles.work]\nx = 1\n'
    rest = "# for work\n[profiles.work]\nx = 1\n"
    assert tables.without_table(text, PATH).strip() == rest.strip()
    edited = tables.with_table(text, PATH, ENTRY)
    assert edited.endswith(f"\n\n{rest}")
    last = 'a = 1\n\n[mcp_servers.mailmcp]\ncommand = "x"\n\n# the end\n'
    assert tables.without_table(last, PATH).split() == ["a", "=", "1", "#", "the", "end"]


def test_a_value_that_is_not_written_here_is_refused():
    with pytest.raises(tables.NotToml, match="not written here"):
        tables.with_table("", PATH, {"since": date(2026, 1, 1)})
