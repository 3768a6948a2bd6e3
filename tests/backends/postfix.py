"""Debian's Postfix on loopback: a configuration, queue, ports and process tree of its own, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.backends import certificates
from tests.ports import free_port

LIMIT = 60
USER, PASSWORD, REALM = "anna", "correct horse 4711", "world.example"
LARGEST = 60_000
PROGRAMS = ("/usr/sbin/postfix", "/usr/sbin/saslpasswd2")
MASTER_PROGRAM = "/usr/lib/postfix/sbin/master"
MISSING = next((f"{one} is not here" for one in PROGRAMS if not Path(one).exists()), None)
if MISSING is None and os.geteuid() != 0:
    MISSING = "Postfix starts as root only"
ADDED = ("Return-Path:", "X-Original-To:", "Delivered-To:", "Received:")
"""Fields that servers add in front of a mail."""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.world.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
virtual_mailbox_domains = world.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
message_size_limit = {largest}
smtputf8_enable = yes
max_use = 1
smtpd_peername_lookup = no
smtpd_delay_reject = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/access, reject_unlisted_recipient, permit
smtpd_tls_security_level = may
smtpd_tls_cert_file = {pem}
smtpd_tls_key_file = {pem}
smtpd_tls_auth_only = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {realm}
"""
MASTER = """
127.0.0.1:{mx} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
    -o {{ smtpd_sasl_security_options = noanonymous }}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running Postfix."""

    folder: Path
    mx: int
    """The port that takes mail for world.example from anybody."""
    submission: int
    """The port that takes mail of USER only, after STARTTLS."""
    pem: Path
    """Its certificate, for localhost; whoever trusts it names it in SSL_CERT_FILE."""

    def access(self, **answers: str) -> None:
        """What is answered to a recipient instead of yes, by its local part; heard from the next connection on."""
        _write(self.folder / "access", "".join(f"{who}@world.example {what}\n" for who, what in answers.items()))

    def arrived(self, user: str) -> list[bytes]:
        """The mails of a mailbox that are there now, without what servers added, with the line ends of the wire."""
        files = sorted((self.folder / "mail" / user / "new").glob("*"))
        return [_as_sent(file.read_bytes()) for file in files]

    def mail(self, user: str, count: int = 1) -> list[bytes]:
        """The mails of a mailbox, once there are so many."""
        until = time.monotonic() + LIMIT
        while len(found := self.arrived(user)) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} mails came: {self.log()}"
            time.sleep(0.05)
        return found

    def log(self) -> str:
        """What Postfix wrote of late."""
        return (self.folder / "log").read_text(errors="replace")[-3000:]


def _as_sent(stored: bytes) -> bytes:
    lines = stored.split(b"\n")
    while lines[0].startswith(tuple(one.encode() for one in ADDED)):
        lines.pop(0)
        while lines[0][:1] in (b" ", b"\t"):
            lines.pop(0)
    return b"\r\n".join(lines)


def _write(file: Path, text: str) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text)
    unfinished.chmod(0o644)
    unfinished.replace(file)


@contextlib.contextmanager
def postfix(*users: str) -> Iterator[Postfix]:
    """A Postfix with mailboxes for these users at world.example, until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="mailmcp-postfix-"))
    folder.chmod(0o755)
    try:
        running = _configured(folder, users)
        etc = str(folder / "etc")
        subprocess.run([PROGRAMS[0], "-c", etc, "check"], check=True, timeout=LIMIT, capture_output=True)
        master = subprocess.Popen(  # a session of its own: what it starts can be told from everybody else's
            [MASTER_PROGRAM, "-c", etc, "-d"],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(running, master)
            yield running
        finally:
            master.send_signal(signal.SIGTERM)
            try:
                master.wait(LIMIT)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(master.pid, signal.SIGKILL)  # what it had started and left
                master.wait(LIMIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configured(folder: Path, users: tuple[str, ...]) -> Postfix:
    nobody = pwd.getpwnam("nobody")
    for name in ("etc", "etc/sasl", "queue", "data", "mail"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    made = certificates.made(folder / "tls", "localhost")
    running = Postfix(folder, free_port(), free_port(), made)
    etc = {"folder": folder, "uid": nobody.pw_uid, "gid": nobody.pw_gid, "largest": LARGEST, "pem": made}
    _write(folder / "etc" / "main.cf", MAIN.format(**etc, realm=REALM).strip() + "\n")
    _write(folder / "etc" / "master.cf", MASTER.format(mx=running.mx, submission=running.submission).strip() + "\n")
    _write(folder / "mailboxes", "".join(f"{user}@world.example {user}/\n" for user in users))
    running.access()
    database = folder / "etc" / "sasl" / "sasldb2"
    _write(
        folder / "etc" / "sasl" / "smtpd.conf",
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n",
    )
    subprocess.run(
        ["/usr/sbin/saslpasswd2", "-p", "-c", "-u", REALM, "-f", str(database), USER],
        input=PASSWORD.encode(),
        check=True,
        timeout=LIMIT,
        capture_output=True,
    )
    shutil.chown(database, "postfix")
    return running


def _wait_for(running: Postfix, master: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + LIMIT
    while True:
        try:
            for port in (running.mx, running.submission):
                with socket.create_connection(("127.0.0.1", port), 1) as one:
                    one.settimeout(LIMIT)
                    assert one.recv(200).startswith(b"220"), running.log()
            return
        except OSError:
            assert master.poll() is None, f"Postfix ended: {running.log()}"
            assert time.monotonic() < until, f"Postfix does not answer: {running.log()}"
            time.sleep(0.05)
