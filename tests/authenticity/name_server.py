"""A real name server on loopback: UDP and TCP, one zone, and names that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
from collections import Counter
from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import dns.zone

ZONE = """
$ORIGIN example.
$TTL 600
@           SOA  ns.example. host.example. 1 3600 600 86400 60
@           NS   ns
ns          A    127.0.0.1
shop        A    192.0.2.1
shop        AAAA 2001:db8::1
shop        MX   20 mx2
shop        MX   10 mx1
shop        TXT  "v=spf1 " "ip4:192.0.2.1 -all"
brief 0     A    192.0.2.2
alias       CNAME shop
nowhere     CNAME gone.example.
null        MX   0 .
utf8        TXT  "\\195\\164"
servfail    A    192.0.2.3
silent      A    192.0.2.4
x.deep      A    192.0.2.5
"""
REVERSE = """
$ORIGIN 2.0.192.in-addr.arpa.
$TTL 600
@ SOA ns.example. host.example. 1 3600 600 86400 60
@ NS ns.example.
1 PTR shop.example.
"""


class NameServer:
    """Answers from the zones; counts the questions. ``silent.`` gets no answer, ``servfail.`` a failure."""

    def __init__(self, *zones: str) -> None:
        self.zones = [dns.zone.from_text(text, relativize=False) for text in zones or (ZONE, REVERSE)]
        self.asked: Counter[tuple[str, str]] = Counter()
        self.by_tcp = 0
        self.big = dns.rrset.from_text_list("big.example.", 600, "IN", "TXT", [f'"{"x" * 250}"'] * 30)
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1 (0: a free one), the same for UDP and TCP."""
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._by_tcp, "127.0.0.1", port)
        self.port = self._tcp.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", self.port))

    @contextlib.contextmanager
    def in_a_thread(self) -> Iterator[NameServer]:
        """Run beside a test that has no event loop of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(), loop).result(10)
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(60)
            loop.close()

    async def stop(self) -> None:
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()
        await asyncio.sleep(0)  # a turn of the loop, in which the transport closes its socket

    def add(self, name: str, kind: str, text: str) -> None:
        """One more record in the first zone."""
        rdata = dns.rdata.from_text("IN", kind, text)
        self.zones[0].find_rdataset(name, kind, create=True).add(rdata, 600)

    def reply(self, wire: bytes, largest: int) -> bytes | None:
        """The answer on the wire; None for no answer at all."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name
        self.asked[name.to_text(), dns.rdatatype.to_text(question.rdtype)] += 1
        if name.labels[0] == b"silent":
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        if name.labels[0] == b"servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name == self.big.name:
            response.answer.append(self.big)
        else:
            self._fill(response, name, question.rdtype)
        try:
            return response.to_wire(max_size=largest)
        except dns.exception.TooBig:
            response.answer.clear()
            response.flags |= dns.flags.TC
            return response.to_wire()

    def _fill(self, response: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> None:
        zone = next((zone for zone in self.zones if name.is_subdomain(zone.origin)), None)
        if zone is None:
            response.set_rcode(dns.rcode.REFUSED)
            return
        if alias := zone.get_rrset(name, dns.rdatatype.CNAME):
            response.answer.append(alias)
            name = alias[0].target
        if found := zone.get_rrset(name, kind):
            response.answer.append(found)
            return
        if not any(one.is_subdomain(name) for one in zone.nodes):
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.authority.append(zone.get_rrset(zone.origin, dns.rdatatype.SOA))

    async def _by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            answer = self.reply(await reader.readexactly(length), 65535)
            if answer is not None:
                self.by_tcp += 1
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.reply(data, 1232)
        if answer is not None:
            self._transport.sendto(answer, addr)
