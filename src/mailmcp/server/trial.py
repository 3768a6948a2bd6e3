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
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from mailmcp import __version__
from mailmcp.server.launcher import launcher

TIME_LIMIT = 30
LISTENER_TRIES = 200
FREE_PORT = {"MAILMCP_LOCAL__SMTP_HOST": "127.0.0.1", "MAILMCP_LOCAL__SMTP_PORT": "0"}


class StepFailed(Exception):
    """A step of the trial did not hold; the sentence says what was seen instead, or what to do."""


def run_trial(folder: Path | None = None, settings: Mapping[str, str] = FREE_PORT) -> int:
    """Run it; 0 only when every step held.

    The throw-away home is made in ``folder``, or else where temporary files go. Settings of the environment do not
    count, since the trial is of the defaults.
    """
    transcript = _Transcript()
    transcript.say(f"mailmcp {__version__}: a trial in a throw-away home. Nothing leaves this machine.\n")
    try:
        with _throw_away_home(folder) as home:
            asyncio.run(asyncio.wait_for(_trial(home, settings, transcript), TIME_LIMIT))
    except TimeoutError:
        return transcript.failed(f"the next step was not done when {TIME_LIMIT} s were over.")
    except BrokenPipeError:
        raise  # whoever read the transcript has gone
    except (Exception, BaseExceptionGroup) as error:
        return transcript.failed(_words(error))
    transcript.say(
        f"\nEverything held, in {transcript.seconds():.1f} s. This adds it to your client, and asks before:\n"
    )
    _say_config(transcript)
    return 0


class _Transcript:
    """What is printed: each step with its number and the time that it took."""

    def __init__(self) -> None:
        self._started = self._last = time.perf_counter()
        self._step = 0

    def step(self, sentence: str) -> None:
        """A step that held."""
        now = time.perf_counter()
        self._step += 1
        self.say(f"  {self._step:>2} {now - self._last:6.2f} s  {sentence}")
        self._last = now

    def detail(self, line: str) -> None:
        """A line below a step."""
        self.say(f"{'':15}{line}")

    def failed(self, sentence: str) -> int:
        """The end of a trial that did not hold: the exit code."""
        self.say(f"\nFAILED after step {self._step}, {self.seconds():.1f} s from the start: {sentence}")
        return 1

    def seconds(self) -> float:
        """Since the trial began."""
        return time.perf_counter() - self._started

    def say(self, line: str) -> None:
        """A line, at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@contextmanager
def _throw_away_home(folder: Path | None) -> Generator[Path]:
    try:
        made = tempfile.TemporaryDirectory(prefix="mailmcp-try-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise StepFailed(
            f"no home can be made in {where}: {error.strerror or error}. Name another folder with --home."
        ) from error
    with made as home:
        yield Path(home)


def _words(error: BaseException) -> str:
    """What went wrong, as a sentence: of ours, or the innermost one of whatever broke."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, StepFailed):
        return str(error)
    said = " ".join(str(error).split()) or "no more is known"
    if isinstance(error, MCPError):
        return f"the server did not answer ({said[:300]}); what it said itself stands above."
    return f"{type(error).__name__}, {said[:300]}."


async def _trial(home: Path, settings: Mapping[str, str], told: _Transcript) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "mailmcp", "serve", "--home", str(home)], env={**kept, **settings}
    )
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        told.step(f"A client starts the server and finds {len(tools)} tools.")
        inbox = (await _call(client, "create_inbox", label="trial"))["address"]
        told.step(f"create_inbox -> {inbox}")
        found = await _code_arrives(client, inbox, told)
        await _mail_is_read(client, found, told)
        await _inboxes_write(client, inbox, told)
        refused = await _call(client, "send", inbox=inbox, to=["someone@example.com"], subject="Hi", body="Hello")
        _expect(refused["status"] == "refused", f"mail to the internet should be refused, but: {refused}")
        told.step("send to the internet -> refused: nothing leaves without a way out that you set up.")


async def _code_arrives(client: Client, inbox: str, told: _Transcript) -> dict[str, Any]:
    """An application mails a code, and one call gets it."""
    host, port = await _listener(client)
    code = f"{secrets.randbelow(900_000) + 100_000}"
    waiting = asyncio.create_task(_call(client, "wait_for_otp", inbox=inbox, from_="app.example", timeout=20))
    try:
        sent = await asyncio.to_thread(_mail_code, host, port, inbox, code)
        told.step(f"An application mails a sign-in code to it, by SMTP to {host}:{port}.")
        found = await waiting
    finally:
        waiting.cancel()
    late = (time.perf_counter() - sent) * 1000
    _expect(found.get("code") == code, f"the code should be {code}, but the tool said {found}")
    told.step(f"wait_for_otp -> {found['code']}, {late:.0f} ms after the server took the mail. Evidence:")
    told.detail(f"{found['evidence']!r} from {found['sender']}, {found['trust']}")
    return found


async def _mail_is_read(client: Client, found: dict[str, Any], told: _Transcript) -> None:
    """The mail is shown as a person would see it."""
    thread = await _call(client, "read_thread", thread=found["thread"])
    text = thread["messages"][0]["text"]
    _expect(found["code"] in text, f"read_thread should show the mail's text, but: {thread}")
    _expect("999111" not in json.dumps(thread), "text that a person cannot see should be left out, but was shown")
    told.step("read_thread -> the mail as a person would see it (a hidden decoy code in its HTML is left out):")
    for line in filter(str.strip, text.splitlines()):
        told.detail(f"| {line}")


async def _inboxes_write(client: Client, inbox: str, told: _Transcript) -> None:
    """Two inboxes write to each other, in one conversation."""
    other = (await _call(client, "create_inbox", label="colleague"))["address"]
    answer = await _call(client, "send", inbox=inbox, to=[other], subject="Signed up", body="It worked.")
    _expect(answer["status"] == "sent", f"mail to another inbox should be sent, but: {answer}")
    arrived = await _call(client, "wait_for_mail", inbox=other, timeout=10)
    _expect(
        arrived["status"] == "found" and arrived["trust"] == "local", f"it should arrive as local mail, but: {arrived}"
    )
    told.step(f"send to a second inbox -> {answer['status']}; wait_for_mail there -> {arrived['subject']!r}")
    reply = await _call(client, "send", inbox=other, in_reply_to=arrived["message"], body="Well done.")
    again = await _call(client, "wait_for_mail", inbox=inbox, from_=other, timeout=10)
    _expect(reply["status"] == "sent" and again["status"] == "found", f"the answer should arrive, but: {again}")
    whole = await _call(client, "read_thread", thread=again["thread"])
    _expect(whole["count"] == 2, f"the answer should join its conversation, but: {whole}")
    told.step("the second inbox answers -> both messages are in one thread.")


async def _call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's structured result. Raises StepFailed with the tool's own words when it reports an error."""
    result: CallToolResult = await client.call_tool(tool, arguments)
    record: Any = result.structured_content
    if result.is_error or not isinstance(record, dict):
        words = " ".join(part.text for part in result.content if isinstance(part, TextContent))
        raise StepFailed(f"{tool}: {words}")
    return cast(dict[str, Any], record)


async def _listener(client: Client) -> tuple[str, int]:
    """Where the server listens for SMTP; it says so once the port is open, or why it cannot be."""
    status: dict[str, Any] = {}
    for _ in range(LISTENER_TRIES):
        status = await _call(client, "mail_status")
        if status.get("smtp"):
            host, _, port = status["smtp"].rpartition(":")
            return host, int(port)
        if status["leader"]:
            break  # it has tried
        await asyncio.sleep(0.02)
    raise StepFailed(" ".join(status["warnings"]))


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
    try:
        with smtplib.SMTP(host, port, timeout=10) as smtp:
            smtp.send_message(mail)
            return time.perf_counter()
    except (OSError, smtplib.SMTPException) as error:
        said = " ".join(str(error).split())
        raise StepFailed(f"the application's mail was not taken at {host}:{port}: {said}.") from error


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise StepFailed(otherwise)


def _say_config(told: _Transcript) -> None:
    program, arguments = launcher()
    told.say(f"  {shlex.join([program, *arguments, 'connect', 'claude-desktop'])}")
    told.say("  (without a name it lists the clients that it knows)\n\nBy hand:\n")
    arguments = [*arguments, "serve"]
    line = shlex.join([program, *arguments])
    told.say(f"  Claude Code:                claude mcp add mailmcp -- {line}")
    config = {"mcpServers": {"mailmcp": {"command": program, "args": arguments}}}
    told.say(f"  Claude Desktop and Cursor:  {json.dumps(config)}")
    told.say("  (claude_desktop_config.json, or .cursor/mcp.json of a project)")
