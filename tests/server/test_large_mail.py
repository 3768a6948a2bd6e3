"""What a large mail costs the serving process: less memory than the mail has bytes, and its content is whole."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from hosts import Served, mail_by_smtp
from letters import code_letter

MIB = 1024 * 1024


def peak(server: Served) -> int:
    about = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(re.search(r"VmHWM:\s*(\d+) kB", about)[1]) * 1024


def large_letter(to: str, data: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Bob <bob@app.example>", to, "The film"
    mail.set_content("Here it is.\n")
    mail.add_attachment(data, "video", "mp4", filename="film.mp4")
    return mail.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell the peak of another process")
@pytest.mark.slow
def test_a_mail_of_20_mib_comes_and_its_attachment_goes_without_being_held_in_memory(serve):
    server: Served = serve()
    server.initialize()
    address = server.listener()
    inbox = server.call("create_inbox")["address"]
    mail_by_smtp(address, inbox, code_letter(inbox))
    assert server.call("wait_for_otp", inbox=inbox, timeout=60)["code"] == "482913"
    small = server.call("wait_for_mail", inbox=inbox, timeout=60)
    before = peak(server)
    data = os.urandom(15 * MIB)
    mail_by_smtp(address, inbox, large_letter(inbox, data))
    found = server.call("wait_for_mail", inbox=inbox, since=small["cursor"], timeout=60)
    (message,) = server.call("read_thread", thread=found["thread"])["messages"]
    (attached,) = message["attachments"]
    assert message["text"].strip() == "Here it is."
    saved = server.call("get_attachment", message=message["id"], part=attached["part"], as_="file")
    assert saved["size"] == len(data)
    assert hashlib.sha256(Path(saved["file"]).read_bytes()).digest() == hashlib.sha256(data).digest()
    assert peak(server) - before < 15 * MIB
