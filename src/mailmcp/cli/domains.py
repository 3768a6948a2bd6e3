"""``mailmcp domain``: the records of a domain of one's own to be copied, and what is wrong with those that are there.

What `add` writes is a piece of a zone file: everything that is no record is a comment.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import textwrap
from dataclasses import asdict

from mailmcp.authenticity.records import zone_line
from mailmcp.cli.desk import OpenMailroom, in_room
from mailmcp.cli.usage import Misused
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import DomainPlan, DomainReport, Finding, Standing

WIDTH = 100
_NO_TASK = (Standing.FINE, Standing.UNKNOWN)


def domain(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp domain add|check DOMAIN``; 1 when mail of the domain would not work, or nobody knows."""
    if not options.domain:
        raise Misused(f"Which domain? Write `mailmcp domain {options.action} example.com`.")

    async def work(room: Mailroom) -> int:
        if options.action == "add":
            plan = await room.domains.add(
                options.domain, addresses=options.address, relay=options.relay, reports=options.reports
            )
            sys.stdout.write(_plan_json(plan) if options.json else plan_text(plan, _again(options, plan.domain)))
            return 0
        report = await room.domains.check(
            options.domain, addresses=options.address, relay=options.relay, reports=options.reports
        )
        sys.stdout.write(_report_json(report) if options.json else report_text(report))
        return 0 if report.works else 1

    return in_room(options, open_mailroom, work)


def _again(options: argparse.Namespace, domain: str) -> str:
    """The command that checks what was added, with the options that it was added with."""
    given = {name: getattr(options, name) for name in ("address", "relay", "reports")}
    words = [word for name, value in given.items() if value is not None for word in (f"--{name}", value)]
    return shlex.join(["mailmcp", "domain", "check", domain, *words])


def plan_text(plan: DomainPlan, check: str) -> str:
    """Keys, records, policy and what else is to be done, as a piece of a zone file; ``check`` is the next command."""
    made = f"New keys ({', '.join(plan.made)}) are" if plan.made else "The keys are, as before,"
    name = plan.shown if plan.shown == plan.domain else f"{plan.shown} ({plan.domain})"
    lines = [*_comment(f"{made} in {plan.folder}. These records belong into the zone of {name}:"), ""]
    for record in plan.records:
        lines += [*_comment(record.purpose), zone_line(record)]
    lines += ["", *_comment(f"The MTA-STS policy, a text file for {plan.policy_url} (lines end with CR LF):")]
    lines += [f";   {line}" for line in plan.policy.splitlines()]
    lines += ["", "; What else is to be done:"]
    for step in (*plan.steps, f"Then look whether all is well: {check}"):
        first, *rest = _wrapped(step, WIDTH - 6)
        lines += [f"; - {first}", *(f";   {line}" for line in rest)]
    return "\n".join(lines) + "\n"


def report_text(report: DomainReport) -> str:
    """A table: what, how it is, and why it matters; what is wrong first is said in the end."""
    name = report.shown if report.shown == report.domain else f"{report.shown} ({report.domain})"
    lines = [name, ""]
    offline = any(one.subject == "DNS" for one in report.findings)
    width = max((len(one.subject) for one in report.findings), default=0) + 2
    for finding in report.findings:
        # Without name servers one row says so; what each record should be is printed by `add`.
        if not (offline and finding.standing is Standing.UNKNOWN and finding.subject != "DNS"):
            lines += _row(finding, width)
    stopping = [one.subject for one in report.findings if one.stops and one.standing is not Standing.UNKNOWN]
    unknown = [one.subject for one in report.findings if one.stops and one.standing is Standing.UNKNOWN]
    better = [one.subject for one in report.findings if not one.stops and one.standing not in _NO_TASK]
    if stopping:
        lines += ["", f"Mail of {report.domain} does not work: {_listed(stopping)}."]
    elif unknown:
        what = "" if offline else f", for nobody answered about {_listed(unknown)}"
        lines += ["", f"Whether mail of {report.domain} works is not known{what}."]
    else:
        lines += ["", f"Mail of {report.domain} works."]
    if better:
        lines.append(f"Could be better: {_listed(better)}.")
    return "\n".join(lines) + "\n"


def _listed(subjects: list[str]) -> str:
    return ", ".join(dict.fromkeys(subjects))


def _row(finding: Finding, width: int) -> list[str]:
    left = f"{finding.subject:{width}}{finding.standing:9}"
    words = _wrapped(finding.sentence, WIDTH - len(left))
    if finding.standing is not Standing.FINE:
        words += [f"found: {one}" for one in finding.found]
        # What is as it should be has its trouble elsewhere.
        words += [f"should be: {finding.wanted}"] if finding.wanted and finding.wanted not in finding.found else []
    return [f"{left if at == 0 else '':{len(left)}}{word}".rstrip() for at, word in enumerate(words)]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; names and addresses stay whole, also where they have hyphens."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _comment(text: str) -> list[str]:
    return [f"; {line}" for line in _wrapped(text, WIDTH - 2)]


def _plan_json(plan: DomainPlan) -> str:
    return json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n"


def _report_json(report: DomainReport) -> str:
    return json.dumps({**asdict(report), "works": report.works}, indent=2, ensure_ascii=False) + "\n"
