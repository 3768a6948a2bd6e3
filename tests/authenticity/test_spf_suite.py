"""The conformance suite of RFC 7208 (203 cases in 16 scenarios), which nobody here wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailmcp.authenticity.dns import Outcome, StaticResolver
from mailmcp.authenticity.spf import check_host

SUITE = Path(os.environ.get("MAILMCP_TEST_CORPORA", "nowhere"), "spf", "rfc7208-tests.yml")
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of the same safety; Python's own needs a second."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.corpora,
    pytest.mark.skipif(not SUITE.is_file(), reason="MAILMCP_TEST_CORPORA does not name a folder with spf/ in it"),
]


def zone_of(zonedata: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    """The suite's zone: a bare TIMEOUT is for all types not listed, an SPF record counts as TXT unless one is there."""
    zone: dict[str, dict[str, Any]] = {}
    for name, entries in zonedata.items():
        records = zone.setdefault(name, {})
        for entry in entries:
            if entry == "TIMEOUT":
                records["ANY"] = Outcome.TROUBLE
                continue
            ((kind, value),) = entry.items()
            records.setdefault(kind, []).append(value)
        old = records.pop("SPF", None)
        if records.get("TXT") == ["NONE"]:
            # It only says that the SPF record is not doubled: the name has no TXT record of its own.
            del records["TXT"]
        elif old is not None and "TXT" not in records:
            records["TXT"] = old
    return zone


def cases() -> list[Any]:
    if not SUITE.is_file():
        return [pytest.param({}, {}, id="suite")]
    found: list[Any] = []
    for scenario in yaml.load_all(SUITE.read_text("utf-8"), QUICK):
        if scenario:
            zone = zone_of(scenario["zonedata"])
            found += [pytest.param(zone, case, id=name) for name, case in scenario["tests"].items()]
    return found


CASES = cases()


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 203


@pytest.mark.parametrize(("zone", "case"), CASES)
async def test_a_case_of_the_suite_has_an_accepted_result(zone: dict[str, Any], case: dict[str, Any]) -> None:
    found = await check_host(
        StaticResolver(zone), ip=case["host"], mail_from=case["mailfrom"], helo=case["helo"], receiver="receiver"
    )
    accepted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert found.result in accepted, found.reason.sentence
    if "explanation" in case:
        assert (found.explanation or "DEFAULT") == case["explanation"]
