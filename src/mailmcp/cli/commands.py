"""The commands that people type, each with what carries it out.

Nothing is imported here before it is known which command runs: serving must answer its first message quickly.
"""

from __future__ import annotations

import argparse

from mailmcp.cli import over_http
from mailmcp.cli.opening import open_mailroom
from mailmcp.cli.usage import Command, Misused


def serve(options: argparse.Namespace) -> int:
    transport = getattr(options, "transport", None) or "stdio"
    if transport not in ("stdio", "http", "sse"):
        raise Misused(f"--transport takes stdio, http or sse, not '{transport[:20]}'.")
    if transport != "stdio":
        from mailmcp.cli import http

        return http.serve(options, open_mailroom)
    if getattr(options, "host", None) or getattr(options, "port", None):
        raise Misused("--host and --port belong to `--transport http`.")
    if getattr(options, "no_client", False):
        from mailmcp.server.staying import stay

        return stay(options.home, open_mailroom)

    from mailmcp.server.lasting import made_to_last

    with made_to_last():
        from mailmcp.server.serving import serve
    return serve(options.home, open_mailroom)


def _try(options: argparse.Namespace) -> int:
    from mailmcp.server.trial import run_trial

    return run_trial(options.home)


def _inbox(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.inboxes(options, open_mailroom)


def _quarantine(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.quarantine(options, open_mailroom)


def _held(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.held(options, open_mailroom)


def _approve(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.approve(options, open_mailroom)


def _reject(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.reject(options, open_mailroom)


def _ui(options: argparse.Namespace) -> int:
    from mailmcp.cli import page

    return page.ui(options, open_mailroom)


def _approver(options: argparse.Namespace) -> int:
    from mailmcp.cli import desk

    return desk.approver(options, open_mailroom)


def _settle(options: argparse.Namespace) -> int:
    from mailmcp.cli import afterwards

    return afterwards.settle(options, open_mailroom)


def _suppression(options: argparse.Namespace) -> int:
    from mailmcp.cli import afterwards

    return afterwards.suppression(options, open_mailroom)


def _keys(options: argparse.Namespace) -> int:
    from mailmcp.cli import keys

    return keys.keys(options, open_mailroom)


def _audit(options: argparse.Namespace) -> int:
    from mailmcp.cli import audit

    return audit.audit(options, open_mailroom)


def _domain(options: argparse.Namespace) -> int:
    from mailmcp.cli import domains

    return domains.domain(options, open_mailroom)


def _connect(options: argparse.Namespace) -> int:
    from mailmcp.cli import connect

    return connect.connect(options)


def _disconnect(options: argparse.Namespace) -> int:
    from mailmcp.cli import connect

    return connect.disconnect(options)


def _doctor(options: argparse.Namespace) -> int:
    from mailmcp.cli import doctor

    return doctor.doctor(options)


def _connect_account(options: argparse.Namespace) -> int:
    from mailmcp.cli import accounts

    return accounts.connect_account(options)


def _service(options: argparse.Namespace) -> int:
    from mailmcp.cli import service

    return service.service(options)


def _backends(options: argparse.Namespace) -> int:
    from mailmcp.cli import providers

    return providers.backends()


COMMANDS = (
    Command(
        "try",
        _try,
        "run the main job once in a throw-away home, and print what happens",
        "To begin",
        home="where the throw-away home is made (else where temporary files go)",
    ),
    Command(
        "connect",
        _connect,
        "add it to the settings of a client; without CLIENT: list the clients",
        "To begin",
        takes=("client",),
        options={"--file": "the client's settings file, when it is not at its usual place"},
        flags={"--yes": "write without asking"},
        forms=(("connect [CLIENT] [--yes]", "add it to the settings of a client; without CLIENT: list the clients"),),
    ),
    Command(
        "disconnect",
        _disconnect,
        "take it out of the settings of a client",
        "To begin",
        takes=("client",),
        options={"--file": "the client's settings file, when it is not at its usual place"},
        flags={"--yes": "write without asking"},
        forms=(("disconnect CLIENT [--yes]", "take it out of the settings of a client"),),
    ),
    Command(
        "serve",
        serve,
        "serve MCP on standard input and output: what a client of yours runs",
        "To begin",
        options=over_http.SERVE_OPTIONS,
        flags={"--no-client": "serve no client, and stay: receive mail and send what falls due"},
        forms=over_http.SERVE_FORMS,
    ),
    Command(
        "service",
        _service,
        "let the system run a mailmcp that stays: mail leaves with no window open",
        "To begin",
        takes=("action",),
        actions=("install", "uninstall", "status"),
        flags={"--yes": "do it without asking"},
        forms=(("service install|uninstall|status", "let the system run one that stays, with no window open"),),
    ),
    Command(
        "inbox",
        _inbox,
        "list, delete, export or fill inboxes, and say whose mail they take",
        "For you, while an assistant uses it",
        takes=("action", "address", "pattern"),
        actions=("list", "delete", "export", "import", "block", "allow", "unlist", "keep", "resume"),
        options={"--days": "keep: days after which mail goes", "--size": "keep: MiB of mail that stay"},
        flags={"--maildir": "export: write a Maildir, not an mbox"},
        forms=(
            ("inbox list", "list the inboxes with what is unread"),
            ("inbox delete ADDRESS", "delete an inbox with all its mail"),
            (
                "inbox export ADDRESS PATH [--maildir]",
                "write an inbox's mail to a file of mail (mbox), or to a Maildir",
            ),
            ("inbox import ADDRESS PATH", "take in the mail of an mbox or a Maildir, nothing twice"),
            ("inbox block ADDRESS PATTERN", "refuse mail of an address, a domain, or * (everybody)"),
            ("inbox allow ADDRESS PATTERN", "take it, though a wider pattern is blocked"),
            ("inbox unlist ADDRESS PATTERN", "neither; without PATTERN each shows the lists"),
            ("inbox keep ADDRESS [--days N] [--size MIB]", "delete its mail after so many days, or beyond a size"),
            ("inbox resume ADDRESS", "end the pause of an inbox from which too much came back"),
        ),
    ),
    Command(
        "quarantine",
        _quarantine,
        "list the mail that was blocked, or let one in",
        "For you, while an assistant uses it",
        options={"--release": "the id of a message to let in"},
        forms=(("quarantine [--release MESSAGE]", "list the mail that was blocked, or let one in"),),
    ),
    Command("ui", _ui, "open the page on which you decide about drafts", "For you, while an assistant uses it"),
    Command("held", _held, "list the drafts that wait for you", "For you, while an assistant uses it"),
    Command(
        "approve",
        _approve,
        "show a held draft as it will leave, and let it go",
        "For you, while an assistant uses it",
        takes=("draft",),
        forms=(("approve DRAFT", "show a held draft as it will leave, and let it go"),),
    ),
    Command(
        "reject",
        _reject,
        "refuse a held draft",
        "For you, while an assistant uses it",
        takes=("draft",),
        options={"--word": "a word for the assistant"},
        forms=(("reject DRAFT [--word WORD]", "refuse a held draft, with a word for the assistant"),),
    ),
    Command(
        "approver",
        _approver,
        "ask for a passphrase of yours at every approval, or not any more",
        "For you, while an assistant uses it",
        takes=("action",),
        actions=("set", "clear", "status"),
        forms=(("approver set|clear|status", "ask for a passphrase of yours at every approval, or not any more"),),
    ),
    Command(
        "settle",
        _settle,
        "say what became of a draft that may have left",
        "For you, while an assistant uses it",
        takes=("draft",),
        flags={"--arrived": "it is there", "--not-arrived": "it is not, and may be sent anew"},
        forms=(("settle DRAFT --arrived|--not-arrived", "say what became of a draft that may have left"),),
    ),
    Command(
        "suppression",
        _suppression,
        "list the addresses to which nothing is sent any more, or remove one",
        "For you, while an assistant uses it",
        takes=("action", "address"),
        actions=("list", "remove"),
        forms=(
            ("suppression list", "list the addresses to which nothing is sent any more"),
            ("suppression remove ADDRESS", "let it be written to again"),
        ),
    ),
    Command(
        "keys",
        _keys,
        "make, list, rotate or revoke the keys with which clients come in over HTTP",
        "For clients over HTTP",
        takes=("action", "key"),
        actions=("create", "list", "rotate", "revoke"),
        options=over_http.KEYS_OPTIONS,
        repeated=("--inbox",),
        flags={"--all": "create: it opens every inbox, those to come included"},
        forms=over_http.KEYS_FORMS,
    ),
    Command(
        "audit",
        _audit,
        "show what was done and decided, and whether that log is as it was written",
        "For you, while an assistant uses it",
        takes=("action",),
        actions=("list", "export", "verify"),
        options={"--head": "with verify: a head that you noted, such as 57:0a1b2c3d"},
        forms=(
            ("audit list", "show what was done and decided last"),
            ("audit export", "all of it, one JSON record a line"),
            ("audit verify [--head ROW:HASH]", "find what was changed, removed, added or moved; 1 if anything was"),
        ),
    ),
    Command(
        "domain",
        _domain,
        "set up a domain of your own, or look what is wrong with it",
        "For a domain of your own",
        takes=("action", "domain"),
        actions=("add", "check"),
        options={
            "--address": "the public IP addresses of this server, with commas between",
            "--relay": "the name that your mail relay wants included in SPF records",
            "--reports": "where others send their reports (else postmaster@ the domain)",
        },
        flags={"--json": "the same as JSON"},
        forms=(
            ("domain add DOMAIN", "make its keys, and print the records that it needs in DNS"),
            ("domain check DOMAIN", "look up what is published: what is missing, wrong or weak"),
        ),
    ),
    Command(
        "connect-account",
        _connect_account,
        "sign in to a mailbox that you have elsewhere, with a code instead of a password",
        "For a mailbox of your own",
        takes=("address",),
        forms=(("connect-account [ADDRESS]", "sign in to a mailbox elsewhere with a code instead of a password"),),
    ),
    Command(
        "doctor",
        _doctor,
        "look whether everything is as it should be, and say what is not",
        "Else",
        flags={
            "--json": "the same as JSON",
            "--wire": "what the clients that were here declare",
            "--repair": "save what can be read of a damaged database into a new one",
        },
        forms=(("doctor [--repair]", "say what is not as it should be; save what can be read of a damaged database"),),
    ),
    Command("backends", _backends, "list the mail providers that can be used", "Else"),
)
