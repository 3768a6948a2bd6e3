"""MTA-STS: what a policy says, how long it holds, and that mail goes over genuine TLS where it demands that."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certificates
import pytest
from reception import KeepingReception
from relay_sink import Relay, relay
from web_server import Page, page

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import sts
from mailmcp.backends.direct import DirectBackend
from mailmcp.config import load_settings
from mailmcp.errors import TryLater
from mailmcp.models import OutboundMail

pytestmark = pytest.mark.anyio

ANN = "ann@world.example"
FIRST, SECOND, WEB = "127.0.0.2", "127.0.0.3", "127.0.0.5"
NAMES = ("mx1.world.example", "mx2.world.example", "mta-sts.world.example")
ENFORCE = "version: STSv1\r\nmode: enforce\r\nmx: *.world.example\r\nmax_age: 86400\r\n"


@dataclass
class World:
    """A domain with two servers and a policy."""

    first: Relay
    second: Relay
    web: Page
    zone: dict[str, Any]
    home: Path

    async def send(self) -> Any:
        """One mail by a process that starts anew: what it remembers lies in the home."""
        given = {
            "LOCAL__DOMAIN": "agents.example",
            "DIRECT__PORT": str(self.first.port),
            "DIRECT__PRIVATE": "true",
        }
        settings = load_settings(self.home, {f"MAILMCP_{name}": value for name, value in given.items()})
        backend = DirectBackend(settings, KeepingReception(), StaticResolver(self.zone))

        async def step(leaving: OutboundMail) -> None:
            pass

        mail = OutboundMail(mime=b"Subject: x\r\n\r\nx\r\n", mail_from="a@agents.example", recipients=(ANN,))
        return await backend.send(mail, "d", step)

    @property
    def encrypted(self) -> list[bool]:
        """Of each mail that arrived."""
        return [*self.first.encrypted, *self.second.encrypted]


def served(pem: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


@contextlib.asynccontextmanager
async def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: tuple[str, ...] = NAMES, offered: bool = True
) -> AsyncIterator[World]:
    home, folder = tmp_path / "home", tmp_path / "tls"
    home.mkdir()
    pems = {name: certificates.made(folder, name) for name in NAMES}
    (folder / "trusted").write_bytes(b"".join(pems[name].read_bytes() for name in trusted) or b"\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "trusted"))
    zone = {
        "world.example": {"MX": [(10, NAMES[0]), (20, NAMES[1])]},
        NAMES[0]: {"A": [FIRST]},
        NAMES[1]: {"A": [SECOND]},
        NAMES[2]: {"A": [WEB]},
        "_mta-sts.world.example": {"TXT": ["v=STSv1; id=1;"]},
    }
    contexts = [served(pems[name]) if offered else None for name in NAMES[:2]]
    async with (
        relay(host=FIRST, tls=contexts[0]) as first,
        relay(host=SECOND, port=first.port, tls=contexts[1]) as second,
        page(served(pems[NAMES[2]]), host=WEB) as web,
    ):
        web.body = ENFORCE
        monkeypatch.setattr(sts, "HTTPS_PORT", web.port)
        yield World(first, second, web, zone, home)


async def test_mail_goes_over_genuine_encryption_where_the_policy_demands_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        assert (await world.send()).accepted == (ANN,)
        assert (world.encrypted, world.web.asked) == ([True], 1)


async def test_a_server_with_an_untrusted_certificate_gets_nothing_and_the_next_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch, trusted=NAMES[1:]) as world:
        assert (await world.send()).accepted == (ANN,)
        assert (world.first.arrived, world.second.encrypted) == ([], [True])


async def test_without_a_genuine_server_nothing_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, trusted=NAMES[2:]) as world:
        with pytest.raises(TryLater, match=r"certificate of mx1\.world\.example cannot be trusted"):
            await world.send()
        assert world.encrypted == []


async def test_a_server_that_offers_no_encryption_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, offered=False) as world:
        with pytest.raises(TryLater, match="offers no encryption"):
            await world.send()
        assert world.encrypted == []


async def test_a_server_that_the_policy_does_not_name_is_not_spoken_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        world.web.body = ENFORCE.replace("*.world.example", "MX2.world.example.")
        assert (await world.send()).accepted == (ANN,)
        assert (world.first.greeted, world.second.encrypted) == ([], [True])
        world.zone["world.example"] = {"MX": [(10, NAMES[0])]}
        with pytest.raises(TryLater, match="not one of the servers that its MTA-STS policy names"):
            await world.send()


@pytest.mark.parametrize("mode", ["testing", "none"])
async def test_a_policy_that_is_only_tested_or_taken_back_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    async with opened(tmp_path, monkeypatch, trusted=NAMES[2:]) as world:
        world.web.body = ENFORCE.replace("enforce", mode).replace("*.world.example", "other.example")
        assert (await world.send()).accepted == (ANN,)
        assert (world.encrypted, world.web.asked) == ([True], 1)


# --- how long it holds --------------------------------------------------------------------------------------------


async def test_a_policy_is_fetched_once_and_again_when_its_id_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        for _ in range(3):
            await world.send()
        assert world.web.asked == 1
        world.zone["_mta-sts.world.example"] = {"TXT": ["v=STSv1; id=2"]}
        await world.send()
        assert world.web.asked == 2


async def test_whoever_suppresses_the_record_or_the_web_server_changes_nothing_until_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        await world.send()
        for _ in range(2):
            monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
            world.zone["_mta-sts.world.example"] = {}
            with pytest.raises(TryLater, match="certificate"):
                await world.send()
            world.zone["_mta-sts.world.example"] = {"TXT": ["v=STSv1; id=2"]}
            with pytest.raises(TryLater, match="certificate"):
                await world.send()
        kept = json.loads((world.home / "mta-sts.json").read_text())
        kept["world.example"]["until"] = time.time() - 1
        (world.home / "mta-sts.json").write_text(json.dumps(kept))
        world.zone["_mta-sts.world.example"] = {}
        assert (await world.send()).accepted == (ANN,)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "404 Not Found"},
        {"status": "301 Moved", "more": "Location: https://mta-sts.world.example/other\r\n"},
        {"kind": "text/html"},
        {"body": "version: STSv1\r\nmode: enforce\r\n"},
        {"body": ENFORCE + "x" * 70_000 + ": y\r\n"},
        {"body": "no policy"},
    ],
    ids=lambda change: "-".join(change),
)
async def test_what_is_no_policy_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    async with opened(tmp_path, monkeypatch, trusted=NAMES[2:]) as world:
        for name, value in change.items():
            setattr(world.web, name, value)
        assert (await world.send()).accepted == (ANN,)
        assert world.web.asked == 1
        assert not (world.home / "mta-sts.json").exists()


async def test_a_policy_of_a_web_server_with_an_untrusted_certificate_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch, trusted=()) as world:
        assert (await world.send()).accepted == (ANN,)
        assert world.web.asked == 0


@pytest.mark.parametrize(
    "records", [["v=STSv1; id=1", "v=STSv1; id=2"], ["v=STSv1"], ["v=STSv1; id=a b"], ["v=STSv2; id=1"], ["v=STSv1x"]]
)
async def test_a_record_that_is_none_asks_no_web_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[str]
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        world.zone["_mta-sts.world.example"] = {"TXT": records}
        assert (await world.send()).accepted == (ANN,)
        assert world.web.asked == 0


async def test_kept_policies_that_cannot_be_read_are_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch) as world:
        (world.home / "mta-sts.json").write_text('{"world.example": 7}')
        assert (await world.send()).accepted == (ANN,)
        assert world.web.asked == 1
        assert (world.home / "mta-sts.json").stat().st_mode & 0o777 == 0o600


# --- the text -----------------------------------------------------------------------------------------------------


def test_a_policy_is_read_with_what_it_does_not_need() -> None:
    policy = sts.read(f"{ENFORCE}mx: backup.example\nfuture: x\nmode: none\n", "7")
    assert policy is not None
    assert (policy.id, policy.mode, policy.mx) == ("7", "enforce", ("*.world.example", "backup.example"))


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("mx1.world.example", True),
        ("MX1.World.Example.", True),
        ("world.example", False),
        ("a.mx1.world.example", False),
        (".world.example", False),
        ("backup.example", True),
        ("x.backup.example", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, named: bool) -> None:
    policy = sts.read(f"{ENFORCE}mx: backup.example\n", "7")
    assert policy is not None
    assert policy.names(host) is named


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mode: enforce\nmx: a.example\nmax_age: 1",
        "version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1",
        "version: STSv1\nmode: sometimes\nmx: a.example\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.example",
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1",
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: ²",
        "version: STSv1\nmode: enforce\nmx: *.*.example\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1\n" + "mx: a.example\n" * 101,
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\nwithout a colon",
    ],
)
def test_a_text_that_is_no_policy_is_not_read_as_one(text: str) -> None:
    assert sts.read(text, "1") is None


def test_a_policy_holds_for_a_year_at_most() -> None:
    policy = sts.read("version: STSv1\nmode: none\nmax_age: 9999999999", "1")
    assert policy is not None
    assert policy.until < time.time() + sts.LONGEST_AGE + 60
