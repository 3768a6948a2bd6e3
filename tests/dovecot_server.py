"""A real IMAP server on loopback: Debian's Dovecot with a configuration, ports, certificate and mail of its own."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imapclient
import pytest
from letters import letter
from loopback_certificate import made_for_loopback

USER, PASSWORD = "me@home.example", "correct horse 4711"
MISSING = "there is no Dovecot on this machine: install dovecot-imapd and dovecot-lmtpd"
STARTS_WITHIN = 15
_LIBRARIES = Path("/usr/lib/dovecot")


def is_there() -> bool:
    return shutil.which("dovecot") is not None and all((_LIBRARIES / one).exists() for one in ("imap", "lmtp"))


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class Dovecot:
    """One server, its accounts and how mail gets into them."""

    folder: Path
    more: str = ""
    """Further lines of its configuration."""
    oauth_url: str = ""
    """Where it asks whether a token is good; then no password is taken."""
    users: tuple[str, ...] = (USER,)
    imap: int = 0
    imaps: int = 0
    lmtp: int = 0
    ca: Path = field(init=False)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.imap:
            self.imap, self.imaps, self.lmtp = _free_ports(3)
            self.ca = made_for_loopback(self.folder)
            self._write_configuration()
        self._process = self._launched()
        until = time.monotonic() + STARTS_WITHIN
        for port in (self.imap, self.imaps, self.lmtp):
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
                    if port == self.imaps or probe.recv(1):  # the others greet, and do not hang up
                        break
                log = self.folder / "log"
                assert time.monotonic() < until, log.read_text() if log.exists() else "Dovecot does not start"
                if self._process.poll() is not None:  # a child of one that was killed still had one of its sockets
                    self._process = self._launched()
                time.sleep(0.02)

    def _launched(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(STARTS_WITHIN)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its sessions would live on
            self._process = None

    def deliver(
        self, to: str = USER, raw: bytes | None = None, *, mail_from: str = "b@app.example", **fields: Any
    ) -> None:
        """Hand a mail to its LMTP server, as the internet's mail comes; it is in the mailbox when this returns."""
        raw = letter(to, **fields) if raw is None else raw
        with smtplib.LMTP("127.0.0.1", self.lmtp) as peer:
            refused = peer.sendmail(mail_from, [to], raw)
            assert refused == {}

    @contextlib.contextmanager
    def session(self, user: str = USER, folder: str | None = "INBOX") -> Iterator[imapclient.IMAPClient]:
        """The mailbox as another mail program has it."""
        client = imapclient.IMAPClient("127.0.0.1", self.imap, ssl=False, timeout=STARTS_WITHIN)
        client.login(user, PASSWORD)
        try:
            if folder is not None:
                client.select_folder(folder)
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.logout()

    def environment(self, user: str = USER, **more: str) -> dict[str, str]:
        """The settings with which mailmcp reads an account of it, over TLS."""
        return {
            "MAILMCP_BACKEND": "imap",
            "MAILMCP_IMAP__HOST": "127.0.0.1",
            "MAILMCP_IMAP__PORT": str(self.imaps),
            "MAILMCP_IMAP__USERNAME": user,
            "MAILMCP_IMAP__PASSWORD": PASSWORD,
            "MAILMCP_IMAP__CA_FILE": str(self.ca),
            **more,
        }

    def _passwords(self) -> str:
        if not self.oauth_url:
            return f"  driver = passwd-file\n  args = scheme=PLAIN {self.folder}/users"
        asks = self.folder / "oauth.conf"
        asks.write_text(f"tokeninfo_url = {self.oauth_url}\nusername_attribute = email\n")
        return f"  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {asks}"

    def _write_configuration(self) -> None:
        root = os.geteuid() == 0
        # Dovecot does not give mail to root: then it takes its own unprivileged user.
        user = pwd.getpwnam("dovecot") if root else pwd.getpwuid(os.geteuid())
        name, group = user.pw_name, user.pw_gid
        for made in ("run", "state", "mail"):
            (self.folder / made).mkdir()
            if root:
                os.chown(self.folder / made, user.pw_uid, group)
        self.folder.chmod(0o755)  # the unprivileged user goes through
        (self.folder / "users").write_text("".join(f"{one}:{{PLAIN}}{PASSWORD}::::::\n" for one in self.users))
        team = grp.getgrgid(group).gr_name
        unprivileged = f"default_internal_user = {name}\ndefault_internal_group = {team}\ndefault_login_user = {name}\n"
        services = "".join(f"service {one} {{\n  chroot =\n}}\n" for one in ("imap-urlauth-login", "anvil", "stats"))
        (self.folder / "dovecot.conf").write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.ca}
ssl_key = <{self.ca}
disable_plaintext_auth = no
auth_mechanisms = {"xoauth2 oauthbearer" if self.oauth_url else "plain login"}
auth_username_format = %Lu
recipient_delimiter = +
auth_failure_delay = 0
lmtp_hdr_delivery_address = original
mail_location = maildir:{self.folder}/mail/%u
mail_uid = {user.pw_uid}
mail_gid = {group}
first_valid_uid = 1
mail_max_userip_connections = 200
imap_idle_notify_interval = 2 mins
{"" if root else unprivileged}
passdb {{
{self._passwords()}
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={group} home={self.folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Gesendet {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Entwürfe {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Archiv {{
    auto = subscribe
    special_use = \\Archive
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = {self.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp}
  }}
}}
{services}{self.more}
"""
        )


@contextlib.contextmanager
def running(**how: Any) -> Iterator[Dovecot]:
    """A server until the end of the block; skips the test where there is none to be had."""
    if not is_there():
        pytest.skip(MISSING)
    # Not below the folder of pytest, which only its own user may enter.
    server = Dovecot(Path(tempfile.mkdtemp(prefix="mailmcp-dovecot-")), **how)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
