"""The resolver against a real name server on loopback: what it says, how long it is believed, and when none answers."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import dns.rrset
import pytest
from name_server import NameServer
from world import HOST, checked, key, mail, signed

from mailmcp.authenticity import nameservers, sign
from mailmcp.authenticity.dns import Answer, Outcome
from mailmcp.authenticity.nameservers import QUIET_SECONDS, SILENT_LOOKUPS, SystemResolver, name_server

pytestmark = pytest.mark.anyio
LIMIT = 60
"""Seconds within which the name server here answers, however busy the machine is."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def resolver(server: NameServer, clock: Clock) -> AsyncIterator[SystemResolver]:
    made = SystemResolver([f"127.0.0.1:{server.port}"], seconds=LIMIT, kept=8, clock=clock)
    yield made
    await made.aclose()


async def test_each_type_of_record_is_read(resolver: SystemResolver) -> None:
    assert await resolver.a("shop.example") == Answer(Outcome.ANSWER, ("192.0.2.1",))
    assert await resolver.aaaa("SHOP.example.") == Answer(Outcome.ANSWER, ("2001:db8::1",))
    assert await resolver.txt("shop.example") == Answer(Outcome.ANSWER, (b"v=spf1 ip4:192.0.2.1 -all",))
    assert await resolver.mx("shop.example") == Answer(Outcome.ANSWER, ((10, "mx1.example"), (20, "mx2.example")))
    assert await resolver.ptr("192.0.2.1") == Answer(Outcome.ANSWER, ("shop.example",))
    assert await resolver.txt("utf8.example") == Answer(Outcome.ANSWER, ("ä".encode(),))


async def test_an_alias_is_followed_and_a_null_mx_has_no_name(resolver: SystemResolver) -> None:
    assert (await resolver.a("alias.example")).values == ("192.0.2.1",)
    assert (await resolver.mx("null.example")).values == ((0, ""),)


async def test_a_name_that_does_not_exist_is_told_from_one_without_such_records(resolver: SystemResolver) -> None:
    assert (await resolver.a("gone.example")).outcome is Outcome.NXDOMAIN
    assert (await resolver.aaaa("brief.example")).outcome is Outcome.NODATA
    assert (await resolver.a("deep.example")).outcome is Outcome.NODATA


async def test_an_alias_that_leads_nowhere_exists_itself(resolver: SystemResolver) -> None:
    assert (await resolver.a("nowhere.example")).outcome is Outcome.NODATA


async def test_a_name_that_dns_cannot_hold_is_not_asked(resolver: SystemResolver, server: NameServer) -> None:
    for name in ("a..example", "x" * 64 + ".example", "ä.example", "", "a" * 250 + ".example"):
        assert (await resolver.txt(name)).outcome is Outcome.NXDOMAIN
    assert not server.asked


async def test_a_backslash_in_a_name_is_a_letter_like_others(resolver: SystemResolver) -> None:
    assert (await resolver.a("a\\.b.example")).outcome is Outcome.NXDOMAIN


async def test_a_failure_and_a_silence_are_trouble(resolver: SystemResolver) -> None:
    assert (await resolver.a("servfail.example")).troubled
    resolver._seconds = 0.2  # pyright: ignore[reportPrivateUsage]
    began = time.monotonic()
    assert (await resolver.a("silent.example")).troubled
    assert time.monotonic() - began < LIMIT


async def test_an_answer_too_large_for_udp_comes_by_tcp(server: NameServer, resolver: SystemResolver) -> None:
    texts = [f'"{number} {"x" * 240}"' for number in range(20)]
    server.big = dns.rrset.from_text_list("big.example.", 600, "IN", "TXT", texts)
    assert len((await resolver.txt("big.example")).values) == 20
    assert server.by_tcp == 1


async def test_an_answer_is_kept_for_its_ttl(resolver: SystemResolver, server: NameServer, clock: Clock) -> None:
    for _ in range(3):
        await resolver.a("shop.example")
    assert server.asked["shop.example.", "A"] == 1
    clock.now += 599
    await resolver.a("shop.example")
    assert server.asked["shop.example.", "A"] == 1
    clock.now += 2
    await resolver.a("shop.example")
    assert server.asked["shop.example.", "A"] == 2


async def test_an_answer_without_a_ttl_is_not_kept(resolver: SystemResolver, server: NameServer) -> None:
    await resolver.a("brief.example")
    await resolver.a("brief.example")
    assert server.asked["brief.example.", "A"] == 2


@pytest.mark.parametrize("name", ["gone.example", "deep.example"])
async def test_an_absence_is_kept_as_long_as_the_soa_says(
    resolver: SystemResolver, server: NameServer, clock: Clock, name: str
) -> None:
    await resolver.a(name)
    clock.now += 59
    await resolver.a(name)
    assert server.asked[f"{name}.", "A"] == 1
    clock.now += 2
    await resolver.a(name)
    assert server.asked[f"{name}.", "A"] == 2


async def test_a_failure_is_kept_for_some_seconds(resolver: SystemResolver, server: NameServer, clock: Clock) -> None:
    await resolver.a("servfail.example")
    asked = server.asked["servfail.example.", "A"]
    await resolver.a("servfail.example")
    assert server.asked["servfail.example.", "A"] == asked
    clock.now += 6
    await resolver.a("servfail.example")
    assert server.asked["servfail.example.", "A"] > asked


async def test_the_cache_forgets_what_was_not_used_for_longest(resolver: SystemResolver, server: NameServer) -> None:
    await resolver.a("shop.example")
    for number in range(7):
        await resolver.a(f"n{number}.example")
    await resolver.a("shop.example")
    await resolver.a("n8.example")
    await resolver.a("shop.example")
    assert server.asked["shop.example.", "A"] == 1
    await resolver.a("n0.example")
    assert server.asked["n0.example.", "A"] == 2


async def test_the_same_look_up_at_once_is_made_once(resolver: SystemResolver, server: NameServer) -> None:
    found = await asyncio.gather(*(resolver.a("brief.example") for _ in range(20)))
    assert {one.values for one in found} == {("192.0.2.2",)}
    assert server.asked["brief.example.", "A"] == 1


async def test_who_gives_up_waiting_takes_the_answer_from_nobody(resolver: SystemResolver) -> None:
    impatient = asyncio.create_task(resolver.a("shop.example"))
    await asyncio.sleep(0)
    patient = asyncio.create_task(resolver.a("shop.example"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).values == ("192.0.2.1",)


async def test_without_a_network_look_ups_fail_at_once_for_a_while(clock: Clock) -> None:
    # The kernel refuses to send to this address, as it does when there is no way to a network.
    resolver = SystemResolver(["255.255.255.255"], seconds=LIMIT, clock=clock)
    async with asyncio.timeout(LIMIT):
        first = await resolver.a("shop.example")
        second = await resolver.a("other.example")
    assert first == second == Answer(Outcome.TROUBLE, detail="no name server can be reached")


async def test_silent_servers_are_left_alone_for_a_while_and_then_asked_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nameservers, "SECONDS_OF_A_SIGN", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        resolver = SystemResolver([f"127.0.0.1:{port}"], seconds=0.1, clock=clock)
        details = [(await resolver.a(f"n{number}.example")).detail for number in range(SILENT_LOOKUPS + 1)]
    assert details[:-2] == ["no answer in time"] * (SILENT_LOOKUPS - 1)
    assert details[-1] == "no name server can be reached"
    server = NameServer()
    await server.start(port)
    resolver._seconds = LIMIT  # pyright: ignore[reportPrivateUsage]
    assert (await resolver.a("shop.example")).troubled
    clock.now += QUIET_SECONDS + 1
    assert (await resolver.a("shop.example")).values == ("192.0.2.1",)
    await server.stop()


async def test_names_that_nobody_answers_for_do_not_silence_the_others(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mail with signatures of many silent domains must not switch the checks of all other mail off."""
    monkeypatch.setattr(nameservers, "SECONDS_OF_A_SIGN", LIMIT)
    resolver = SystemResolver([f"127.0.0.1:{server.port}"], seconds=0.3)
    names = [f"silent.d{number}.example" for number in range(4 * SILENT_LOOKUPS)]
    together = await asyncio.gather(*(resolver.txt(name) for name in names))
    one_by_one = [await resolver.txt(f"{name[:-8]}.other.example") for name in names[: SILENT_LOOKUPS + 1]]
    assert {one.detail for one in (*together, *one_by_one)} == {"no answer in time"}
    resolver._seconds = LIMIT  # pyright: ignore[reportPrivateUsage]
    assert (await resolver.a("shop.example")).values == ("192.0.2.1",)
    assert server.asked[".", "NS"] <= len(names)
    await resolver.aclose()


async def test_a_server_without_tcp_is_reached_all_the_same(server: NameServer, resolver: SystemResolver) -> None:
    texts = [f'"{number} {"x" * 240}"' for number in range(20)]
    server.big = dns.rrset.from_text_list("big.example.", 600, "IN", "TXT", texts)
    server._tcp.close()  # pyright: ignore[reportPrivateUsage]
    await server._tcp.wait_closed()  # pyright: ignore[reportPrivateUsage]
    assert (await resolver.txt("big.example")).troubled
    assert (await resolver.a("shop.example")).values == ("192.0.2.1",)


async def test_a_machine_without_configuration_has_trouble_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.resolver

    def missing(*_: object, **__: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.asyncresolver.Resolver.read_resolv_conf", missing)
    assert (await SystemResolver().a("shop.example")).troubled


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:54", ("2001:db8::1", 54)),
        (" dns.example:55 ", ("dns.example", 55)),
    ],
)
def test_a_server_setting_is_a_host_with_or_without_a_port(setting: str, expected: tuple[str, int]) -> None:
    assert name_server(setting) == expected


@pytest.mark.parametrize("setting", ["", ":53", "a:b", "a:0", "a:70000", "[::1]:x"])
def test_what_is_no_server_is_refused_with_a_sentence(setting: str) -> None:
    with pytest.raises(ValueError, match="is not a name server"):
        name_server(setting)


async def test_a_server_may_be_given_by_name(server: NameServer) -> None:
    resolver = SystemResolver([f"localhost:{server.port}"], seconds=2)
    assert (await resolver.a("shop.example")).values == ("192.0.2.1",)


async def test_a_mail_is_verified_with_what_a_real_server_says(server: NameServer, resolver: SystemResolver) -> None:
    record = sign.public_record(key("bank.example", "rsa", "rsa"))
    server.add("bank.example.", "TXT", '"v=spf1 include:_spf.bank.example -all"')
    server.add("_spf.bank.example.", "TXT", '"v=spf1 mx ~all"')
    server.add("_spf.bank.example.", "MX", "10 mx.bank.example.")
    server.add("mx.bank.example.", "A", HOST)
    server.add("_dmarc.bank.example.", "TXT", '"v=DMARC1; p=reject"')
    server.add("rsa._domainkey.bank.example.", "TXT", f'"{record[:200]}" "{record[200:]}"')
    found = await checked(signed(mail(), key("bank.example", "rsa", "rsa")), resolver_=resolver)
    assert found.dmarc.aligned == ("dkim=bank.example", "spf=bank.example")
    asked = server.asked.total()
    again = await checked(signed(mail(), key("bank.example", "rsa", "rsa")), resolver_=resolver)
    assert again == found
    assert server.asked.total() == asked
