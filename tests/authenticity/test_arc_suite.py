"""The 171 validation cases of the ARC test suite, which nobody here wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailmcp.authenticity import arc, fields
from mailmcp.authenticity.dns import StaticResolver
from mailmcp.models import Result

SUITE = Path(os.environ.get("MAILMCP_TEST_CORPORA", "nowhere"), "arc", "arc-draft-validation-tests.yml")
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of the same safety; Python's own needs a second."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.corpora,
    pytest.mark.skipif(not SUITE.is_file(), reason="MAILMCP_TEST_CORPORA does not name a folder with arc/ in it"),
]

EXPECTED = {"None": Result.NONE, "Pass": Result.PASS, "Fail": Result.FAIL, "": Result.FAIL}
"""The suite has no word for a chain that was ended by cv=fail (RFC 8617 §5.2 step 2): it is a fail."""


def cases() -> list[Any]:
    if not SUITE.is_file():
        return [pytest.param({}, {}, id="suite")]
    found: list[Any] = []
    for scenario in yaml.load_all(SUITE.read_text("utf-8"), QUICK):
        if scenario:
            records = scenario["txt-records"]
            found += [pytest.param(records, case, id=name) for name, case in scenario["tests"].items()]
    return found


CASES = cases()


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 171


@pytest.mark.parametrize(("records", "case"), CASES)
async def test_a_chain_of_the_suite_has_the_expected_status(records: dict[str, str], case: dict[str, Any]) -> None:
    resolver = StaticResolver({name: {"TXT": [text]} for name, text in records.items()})
    raw = case["message"].encode("utf-8")
    found = await arc.validate(fields.read(raw), resolver)
    assert found.result is EXPECTED[case["cv"] or ""], found.reason.sentence
    if case["cv"] == "":
        assert found.reason.code == "arc_ended"
