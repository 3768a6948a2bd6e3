"""Debian's Postfix as a relay on loopback, in a folder of its own. Needs root, since its programs change users."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

MASTER = Path("/usr/share/postfix/master.cf.dist")
PROGRAMS = "/usr/lib/postfix/sbin"
LIMIT = 60

can_run = shutil.which("postfix") is not None and MASTER.is_file() and os.geteuid() == 0


@contextlib.contextmanager
def postfix(port: int, routes: dict[str, int]) -> Iterator[None]:
    """A Postfix that takes mail at a port and brings that of each domain to another port of this machine."""
    # Not below the folder of the tests: its sockets have short names only, and its user must get there.
    folder = Path(tempfile.mkdtemp(prefix="mailmcp-postfix-"))
    folder.chmod(0o755)
    try:
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        _configure(folder, port, routes)
        _run(folder, "start")
        try:
            _wait_for(port)
            yield
        finally:
            _run(folder, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, port: int, routes: dict[str, int]) -> None:
    ways = ", ".join(f"{{ {domain} = smtp:[127.0.0.1]:{to} }}" for domain, to in routes.items())
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "command_directory": "/usr/sbin",
        "daemon_directory": PROGRAMS,
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": f"/var, /dev/stdout, {folder}",
        "multi_instance_name": f"postfix-{folder.name}",
        "multi_instance_enable": "yes",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "myhostname": "relay.example",
        "mydestination": "",
        "alias_maps": "",
        "local_recipient_maps": "",
        "local_transport": "error:no local delivery",
        "mynetworks": "127.0.0.0/8",
        "transport_maps": f"inline:{{ {ways} }}",
        "default_transport": "error:5.1.2 there is no outside world in tests",
        "disable_dns_lookups": "yes",
        "smtp_dns_support_level": "disabled",
        "smtp_host_lookup": "native",
    }
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "etc" / "main.cf").write_text(lines)
    master = re.sub(r"^smtp +inet.*", f"127.0.0.1:{port} inet n - n - - smtpd", MASTER.read_text(), flags=re.MULTILINE)
    kinds = r"^([a-z]+ +(?:unix|inet|unix-dgram) +[-n] +[-yn] +)y"
    (folder / "etc" / "master.cf").write_text(re.sub(kinds, r"\1n", master, flags=re.MULTILINE))


def _run(folder: Path, what: str) -> None:
    subprocess.run(
        ["postfix", "-c", str(folder / "etc"), what],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=LIMIT,
        check=True,
    )


def _wait_for(port: int) -> None:
    until = time.monotonic() + LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, "Postfix does not listen"
            time.sleep(0.05)
