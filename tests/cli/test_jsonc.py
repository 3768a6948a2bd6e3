"""Editing JSON of somebody else's: one member changes, and every other character stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailmcp.cli import jsonc

PATH = ("mcpServers", "mailmcp")
ENTRY = {"command": "/bin/mailmcp", "args": ["serve"]}
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
WHOLES = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
SERVERS = st.dictionaries(st.sampled_from(["a", "b", "mailmcp"]), VALUES, max_size=3)

COMMENTED = """\
// Zed settings
{
  "theme": "One", // the light one
  /* servers { "mailmcp": 1 } */
  "mcpServers": {
    "other": {"command": "x", "args": ["//no", "/*comment*/"]}, // keep me
  },
}
"""


def test_an_entry_is_put_beside_others_and_nothing_else_changes():
    edited = jsonc.with_member(COMMENTED, PATH, ENTRY)
    entry = '"mailmcp": {\n      "command": "/bin/mailmcp",\n      "args": [\n        "serve"\n      ]\n    },\n'
    assert edited == COMMENTED.replace("// keep me\n", f"// keep me\n    {entry}")
    assert jsonc.without_member(edited, PATH) == COMMENTED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{}",
        "{ }\n",
        "{\n}\n",
        '{"a": 1}',
        '{"mcpServers": {}}',
        '{"mcpServers": {"a": {}}}',
        '{\n\t"mcpServers": {\n\t\t"a": 1\n\t}\n}\n',
        '{\r\n  "mcpServers": {\r\n    "a": 1,\r\n  }\r\n}\r\n',
        '{\n  "a": 1 // one\n}\n',
        '{\n  "mcpServers": {\n    // none yet\n  }\n}\n',
        '\ufeff{"a": 1}',
    ],
)
def test_it_is_put_in_taken_out_and_put_in_again_the_same(text):
    once = jsonc.with_member(text, PATH, ENTRY)
    before = jsonc.read(text) if text.strip() else {}
    assert jsonc.read(once) == {**before, "mcpServers": {**before.get("mcpServers", {}), "mailmcp": ENTRY}}
    assert jsonc.with_member(once, PATH, ENTRY) == once
    assert ("\r\n" in text) == ("\r\n" in once)
    assert "\n" not in once.replace("\r\n", "") if "\r\n" in text else True
    out = jsonc.without_member(once, PATH)
    assert jsonc.read(out) == {"mcpServers": {}} | before
    assert jsonc.read(jsonc.with_member(out, PATH, ENTRY)) == jsonc.read(once)


def test_an_entry_that_differs_is_replaced_where_it_stands():
    text = '{\n  "mcpServers": {\n    "mailmcp": {"command": "old"},\n    "b": 1\n  }\n}\n'
    edited = jsonc.with_member(text, PATH, {"command": "new"})
    assert edited == text.replace('{"command": "old"}', '{\n      "command": "new"\n    }')


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WHOLES, SERVERS, st.sampled_from([None, 2, "\t"]))
def test_whatever_a_file_holds_only_the_entry_changes(whole, servers, indent):
    whole = {**whole, "mcpServers": servers}
    text = json.dumps(whole, indent=indent)
    edited = jsonc.with_member(text, PATH, ENTRY)
    assert json.loads(edited) == {**whole, "mcpServers": {**servers, "mailmcp": ENTRY}}
    rest = {key: value for key, value in servers.items() if key != "mailmcp"}
    assert json.loads(jsonc.without_member(edited, PATH)) == {**whole, "mcpServers": rest}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no object"),
        ('{"mcpServers": []}', "mcpServers is no object"),
        ("{", "line 1"),
        ('{"a": 1\n"b": 2}', "line 2"),
        ("{'a': 1}", "line 1"),
        ('{"a": 1} x', "line 1"),
        ('{"a": 01}', "line 1"),
        ("{\n/* never closed", "line 2"),
        ("[" * 5_000, "nested too deep"),
        ('{"a": 1,\n"\\q": 1}', "line 2"),
    ],
)
def test_what_is_no_such_json_is_refused_with_its_place(text, said):
    with pytest.raises(jsonc.NotJson, match=said):
        jsonc.with_member(text, PATH, ENTRY)


def test_an_entry_that_stands_there_twice_goes_altogether():
    assert jsonc.read(jsonc.without_member('{"mcpServers": {"mailmcp": 1, "a": 2, "mailmcp": 3}}', PATH)) == {
        "mcpServers": {"a": 2}
    }


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            '{\n  "mcpServers": {\n    "a": 1, // about a\n    // about mine\n    "mailmcp": 2 // mine\n  }\n}\n',
            '{\n  "mcpServers": {\n    "a": 1 // about a\n    // about mine\n     // mine\n  }\n}\n',
        ),
        (
            '{\n  "mcpServers": {\n    "mailmcp": 1\n    // about b\n    , "b": 2\n  }\n}\n',
            '{\n  "mcpServers": {\n    // about b\n     "b": 2\n  }\n}\n',
        ),
        ('{"mcpServers": { // mine\n  "mailmcp": 1}}', '{"mcpServers": { // mine\n  }}'),
        ('{"mcpServers": {"a": 1, "mailmcp": 2, "b": 3}}', '{"mcpServers": {"a": 1, "b": 3}}'),
        ('{"mcpServers": {"a": 1, "mailmcp": 2}}', '{"mcpServers": {"a": 1}}'),
    ],
)
def test_an_entry_goes_without_the_comments_around_it(text, after):
    assert jsonc.without_member(text, PATH) == after


def test_an_entry_is_put_in_front_of_the_brace_whatever_remarks_stand_behind_it():
    text = '{\n  "mcpServers": {\n    "a": 1\n  }/* one */}/* two */\n'
    edited = jsonc.with_member(text, PATH, ENTRY)
    assert jsonc.read(edited) == {"mcpServers": {"a": 1, "mailmcp": ENTRY}}
    whole = '{\n  "a": 1/* one */}/* two */\n'
    assert jsonc.read(jsonc.with_member(whole, PATH, ENTRY)) == {"a": 1, "mcpServers": {"mailmcp": ENTRY}}


def test_line_ends_behind_a_comment_stay_one_kind():
    text = '{\r\n  "mcpServers": {\r\n    "a": 1 // one\r\n  }\r\n}\r\n'
    edited = jsonc.with_member(text, PATH, ENTRY)
    assert "\r\r" not in edited
    assert "\n" not in edited.replace("\r\n", "")
    assert jsonc.without_member(edited, PATH) == text


def _gap(random: Random, remarks: Iterator[int]) -> str:
    kinds = ["", " ", "\n  ", f"/*#{next(remarks)}#*/", f"// #{next(remarks)}#\n"]
    return "".join(random.choices(kinds, k=random.randint(0, 2)))


def _written(random: Random, value: object, remarks: Iterator[int]) -> str:
    def gap() -> str:
        return _gap(random, remarks)

    if not isinstance(value, dict):
        return json.dumps(value)
    text = "{" + gap()
    for number, (key, inner) in enumerate(value.items(), 1):
        text += f"{json.dumps(key)}{gap()}:{gap()}{_written(random, inner, remarks)}{gap()}"
        text += f",{gap()}" if number < len(value) or random.random() < 0.3 else ""
    return text + "}"


@pytest.mark.parametrize("seed", range(40))
def test_comments_wherever_they_stand_are_kept_when_the_entry_comes_and_goes(seed):
    random, remarks = Random(seed), count()
    servers = {name: random.choice([1, "//", {"x": {}}]) for name in random.sample("abc", random.randint(0, 3))}
    whole = {"a": {"b": "/*"}, "mcpServers": servers, "c": []}
    whole = dict(random.sample(list(whole.items()), random.randint(0, 3)))
    text = _gap(random, remarks) + _written(random, whole, remarks) + _gap(random, remarks)
    edited = jsonc.with_member(text, PATH, ENTRY)
    assert jsonc.read(edited) == {**whole, "mcpServers": {**whole.get("mcpServers", {}), "mailmcp": ENTRY}}
    rest = jsonc.without_member(edited, PATH)
    assert jsonc.read(rest) == {"mcpServers": {}, **whole}
    for one in (edited, rest):
        assert re.findall("#([0-9]+)#", one) == re.findall("#([0-9]+)#", text)
