"""`mailmcp try`: the main job seen from a real client, over real SMTP, printed as it happens.

A server is started as a host would start it, in a throw-away home and on a free port; an application's mail with a
code goes in by SMTP; the client gets the code in one call, reads the thread, and answers from another inbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shlex
import smtplib
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from mailmcp import __version__
from mailmcp.server.launcher import launcher

TIME_LIMIT = 30
LISTENER_TRIES = 200


class StepFailed(Exception):
    """A step of the trial did not hold; the sentence says which and what was seen instead."""


def run_trial() -> int:
    """Run it; 0 only when every step held."""
    _say(f"mailmcp {__version__}: a trial in a throw-away home. Nothing leaves this machine.\n")
    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="mailmcp-try-") as home:
            asyncio.run(asyncio.wait_for(_trial(Path(home)), TIME_LIMIT))
    except (StepFailed, TimeoutError, OSError, smtplib.SMTPException) as error:
        _say(f"\nFAILED: {error or type(error).__name__}")
        return 1
    except Exception as error:
        _say(f"\nFAILED: {type(error).__name__}: {error}")
        return 1
    _say(f"\nEverything held, in {time.perf_counter() - started:.1f} s. To use it, add this to your client:\n")
    _say_config()
    return 0


async def _trial(home: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "mailmcp", "serve", "--home", str(home)],
        env={**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_LOCAL__SMTP_HOST": "127.0.0.1"},
    )
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        _step(f"A client starts the server and finds {len(tools)} tools.")

        inbox = (await _call(client, "create_inbox", label="trial"))["address"]
        _step(f"create_inbox -> {inbox}")

        host, port = await _listener(client)
        code = f"{secrets.randbelow(900_000) + 100_000}"
        _step(f"An application mails a sign-in code to it, by SMTP to {host}:{port}.")
        waiting = asyncio.create_task(_call(client, "wait_for_otp", inbox=inbox, from_="app.example", timeout=20))
        sent = await asyncio.to_thread(_mail_code, host, port, inbox, code)
        found = await waiting
        late = (time.perf_counter() - sent) * 1000
        _expect(found.get("code") == code, f"the code should be {code}, but the tool said {found}")
        _step(f"wait_for_otp -> {found['code']}, {late:.0f} ms after the server took the mail. Evidence:")
        _say(f"        {found['evidence']!r} from {found['sender']}, {found['trust']}")

        thread = await _call(client, "read_thread", thread=found["thread"])
        text = thread["messages"][0]["text"]
        _expect(code in text, "read_thread should show the mail's text")
        _expect("999111" not in json.dumps(thread), "text that a person cannot see should be left out")
        _step("read_thread -> the mail as a person would see it (a hidden decoy code in its HTML is left out):")
        for line in filter(str.strip, text.splitlines()):
            _say(f"        | {line}")

        other = (await _call(client, "create_inbox", label="colleague"))["address"]
        answer = await _call(client, "send", inbox=inbox, to=[other], subject="Signed up", body="It worked.")
        _expect(answer["status"] == "sent", f"mail to another inbox should be sent, but: {answer}")
        arrived = await _call(client, "wait_for_mail", inbox=other, timeout=10)
        _expect(arrived["status"] == "found" and arrived["trust"] == "local", f"it should arrive as local: {arrived}")
        _step(f"send to a second inbox -> {answer['status']}; wait_for_mail there -> {arrived['subject']!r}")

        reply = await _call(client, "send", inbox=other, in_reply_to=arrived["message"], body="Well done.")
        again = await _call(client, "wait_for_mail", inbox=inbox, from_=other, timeout=10)
        _expect(reply["status"] == "sent" and again["status"] == "found", f"the answer should arrive: {again}")
        whole = await _call(client, "read_thread", thread=again["thread"])
        _expect(whole["count"] == 2, f"the answer should join its conversation: {whole}")
        _step("the second inbox answers -> both messages are in one thread.")

        refused = await _call(client, "send", inbox=inbox, to=["someone@example.com"], subject="Hi", body="Hello")
        _expect(refused["status"] == "refused", f"mail to the internet should be refused: {refused}")
        _step("send to the internet -> refused: nothing leaves without a way out that you set up.")


async def _call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's structured result. Raises StepFailed with the tool's own words when it reports an error."""
    result: CallToolResult = await client.call_tool(tool, arguments)
    record: Any = result.structured_content
    if result.is_error or not isinstance(record, dict):
        words = " ".join(part.text for part in result.content if isinstance(part, TextContent))
        raise StepFailed(f"{tool}: {words}")
    return cast(dict[str, Any], record)


async def _listener(client: Client) -> tuple[str, int]:
    """Where the server listens for SMTP; it says so once the port is open."""
    status: dict[str, Any] = {}
    for _ in range(LISTENER_TRIES):
        status = await _call(client, "mail_status")
        if status.get("smtp"):
            host, _, port = status["smtp"].rpartition(":")
            return host, int(port)
        await asyncio.sleep(0.02)
    raise StepFailed(f"the SMTP server did not come up: {status.get('warnings')}")


def _mail_code(host: str, port: int, inbox: str, code: str) -> float:
    """Send what applications send: text and HTML, with other numbers around and a hidden decoy. When it was taken."""
    mail = EmailMessage()
    mail["From"] = "Example App <no-reply@app.example>"
    mail["To"] = inbox
    mail["Subject"] = "Your sign-in code"
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@app.example>"
    mail.set_content(f"Your sign-in code is {code}\n\nIt expires in 10 minutes. Order 20931 of 2026 is not affected.\n")
    mail.add_alternative(
        '<html><body><div style="display:none">Your code is 999111</div>'
        f"<p>Your sign-in code is</p><h1>{code}</h1>"
        "<p>It expires in 10 minutes. Order 20931 of 2026 is not affected.</p></body></html>",
        subtype="html",
    )
    with smtplib.SMTP(host, port, timeout=10) as smtp:
        smtp.send_message(mail)
        return time.perf_counter()


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise StepFailed(otherwise)


def _say_config() -> None:
    program, arguments = launcher()
    arguments = [*arguments, "serve"]
    line = shlex.join([program, *arguments])
    _say(f"  Claude Code:                claude mcp add mailmcp -- {line}")
    config = {"mcpServers": {"mailmcp": {"command": program, "args": arguments}}}
    _say(f"  Claude Desktop and Cursor:  {json.dumps(config)}")
    _say("  (claude_desktop_config.json, or .cursor/mcp.json of a project)")


_steps = iter(range(1, 100))


def _step(sentence: str) -> None:
    _say(f"  {next(_steps):>2}  {sentence}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
