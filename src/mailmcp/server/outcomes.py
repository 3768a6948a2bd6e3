"""What a model sees of our own doings: inboxes made, drafts and what became of them, the state of the system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from mailmcp import __version__
from mailmcp.mailroom.requests import Outcome, Status
from mailmcp.models import AccountStatus, Draft, DraftState, Inbox, InboxSummary
from mailmcp.server import results
from mailmcp.server.fence import Page, one_line
from mailmcp.server.launcher import command

INBOXES_SHOWN = 60
LABEL_SHOWN = 60
DRAFTS_SHOWN = 20

SentStatus = Literal["sent", "queued", "held", "refused", "rejected", "failed", "unknown"]


def created(inbox: Inbox, made: bool, cursor: str, status: Status) -> tuple[str, results.InboxCreated]:
    """create_inbox."""
    smtp = _smtp(status)
    account = next((one for one in status.accounts if one.account == inbox.account), None)
    if inbox.account is not None:
        how = f"Its mail comes into the account {inbox.account}, from the internet"
        how += f". {account.trouble}" if account and account.trouble else " as well."
    elif smtp:
        how = f"Programs on this machine reach it by SMTP at {smtp}."
    else:
        how = "The SMTP listener is not up (see mail_status); other inboxes of this home reach it."
    if inbox.account is None:
        how += " To be reached from the internet it needs a domain whose MX record points here."
    data = results.InboxCreated(
        address=inbox.address,
        created=made,
        cursor=cursor,
        can_send=status.policy != "never",
        reach=_reach(inbox),
        how_to_reach=how,
    )
    return f"{inbox.address} {'is ready' if made else 'was made before with this key'}. {how} Cursor: {cursor}.", data


def inboxes(found: Sequence[InboxSummary]) -> tuple[str, results.InboxList]:
    """list_inboxes: all of them in short, or the newest ones when there are very many."""
    lines = [
        results.InboxLine(
            address=one.inbox.address,
            label=one.inbox.label[:LABEL_SHOWN] or None,
            unread=one.unread,
            reach=_reach(one.inbox),
            last_received_at=one.last_received_at,
        )
        for one in found[-INBOXES_SHOWN:]
    ]
    if not lines:
        return "There are no inboxes yet: make one with create_inbox.", results.InboxList(inboxes=lines)
    left_out = len(found) - len(lines)
    text = [f"{one.address}{f' ({one_line(one.label)})' if one.label else ''}: {one.unread} unread" for one in lines]
    text += [f"{left_out} older inboxes are left out: find_mail and the waits take their addresses."] * (left_out > 0)
    return "\n".join(text), results.InboxList(inboxes=lines, left_out=left_out or None)


def sent(outcome: Outcome, home: Path) -> tuple[str, results.Sent]:
    """send and draft_for_approval."""
    draft = outcome.draft
    if draft is None:
        reasons = [reason.sentence for reason in outcome.refused]
        data = results.Sent(status="refused", recipients=list(outcome.recipients), reasons=reasons)
        return f"Refused, nothing was sent. {' '.join(reasons)}", data
    status = _sent_status(draft.state)
    reasons = [reason.sentence for reason in draft.reasons] + ([draft.error] if draft.error else [])
    data = results.Sent(
        status=status,
        draft=draft.id,
        message=draft.message,
        recipients=list(draft.recipients),
        reasons=reasons or None,
        repeated=outcome.repeated or None,
        send_at=draft.send_at,
        how_to_decide=_how_to_decide(draft, home) if status == "held" else None,
    )
    again = "The same mail was submitted before, it was not sent again: it is " if outcome.repeated else ""
    text = [f"{again}{status}: draft {draft.id} to {', '.join(draft.recipients)}."]
    if status == "queued":
        text.append(_when(draft))
    text += reasons
    if data.how_to_decide:
        text.append(data.how_to_decide)
    return " ".join(text), data


def drafts(found: Sequence[Draft], home: Path) -> tuple[str, results.DraftList]:
    """check_draft."""
    lines = [
        results.DraftLine(
            draft=one.id,
            status=one.state.value,
            inbox=one.inbox,
            recipients=list(one.recipients),
            subject=one.subject[: results.SUBJECT_SHOWN],
            created_at=one.created_at,
            send_at=one.send_at,
            expires_at=one.expires_at if one.state is DraftState.HELD else None,
            message=one.message,
            reasons=[reason.sentence for reason in one.reasons] or None,
            error=one.error,
        )
        for one in found[-DRAFTS_SHOWN:]
    ]
    if not lines:
        return "No draft is held or queued.", results.DraftList(drafts=lines)
    page = Page()
    for one in lines:
        trouble = f" ({one.error})" if one.error else ""
        # The subject of an answer, and often the recipient, is a stranger's.
        page.say(f"{one.draft} {one.status}{trouble}, to", f"{', '.join(one.recipients)}: {one.subject}")
    if len(found) > len(lines):
        page.say(f"{len(found) - len(lines)} older drafts are left out.")
    for one in [one for one in found if one.state is DraftState.HELD][:1]:
        page.say(_how_to_decide(one, home))
    return page.text(), results.DraftList(drafts=lines)


def status(now: Status) -> tuple[str, results.MailStatus]:
    """mail_status."""
    smtp = _smtp(now)
    warnings = [now.listener.trouble] if now.listener and now.listener.trouble else []
    warnings += [one.trouble for one in now.accounts if one.trouble]
    if now.backend == "imap":
        if not now.accounts:
            warnings.append("The account is not read yet: one process begins within seconds.")
    elif smtp is None and not warnings:
        warnings.append("No process listens for SMTP yet: one takes over within seconds.")
    if now.unjudged:
        warnings.append(f"{now.unjudged} message(s) are stored and not read yet: they show within seconds.")
    if now.unknown:
        warnings.append(
            f"{now.unknown} draft(s) may have left, the answer was lost: ask the recipients or look at the provider;"
            " they are not sent again. check_draft names them."
        )
    data = results.MailStatus(
        version=__version__,
        backend=now.backend,
        home=str(now.home),
        domain=now.domain,
        smtp=smtp,
        listener="off" if smtp is None else "this_process" if now.leads else "another_process",
        leader=now.leads,
        policy=now.policy,
        inboxes=now.inboxes,
        held=now.held,
        queued=now.queued,
        accounts=[_account(one) for one in now.accounts] or None,
        warnings=warnings,
        next=_what_next(now),
    )
    listening = "" if now.accounts else f"SMTP: {smtp or 'off'}. "
    text = [
        f"mailmcp {__version__}, backend {now.backend}, {now.inboxes} inbox(es) at @{now.domain}.",
        *(f"{one.address}: {one.state}" for one in data.accounts or ()),
        f"{listening}Send policy: {now.policy}. Held: {now.held}. Queued: {now.queued}.",
        *(f"Warning: {warning}" for warning in warnings),
        data.next,
    ]
    return "\n".join(text), data


def _account(one: AccountStatus) -> results.AccountLine:
    if one.trouble:
        state = "not reached"
    else:
        how = "watched" if one.watch == "idle" else "asked again and again"
        older = f", {one.older} older ones only on the server" if one.older else ""
        state = f"{how}, {one.stored} mail(s) stored{older}, {'read and written' if one.writes else 'only read'}"
    if one.authserv:
        believed = "believed" if one.authserv_trusted else "not believed unless MAILMCP_AUTH__TRUSTED_AUTHSERV names it"
        state += f"; sender checks by {one.authserv} are {believed}"
    return results.AccountLine(address=one.account, state=f"{state}.")


def _reach(inbox: Inbox) -> Literal["this_machine", "internet"]:
    return "this_machine" if inbox.account is None else "internet"


def _when(draft: Draft) -> str:
    if draft.tries and draft.not_before:
        return f"It is tried again at {draft.not_before:%H:%M} UTC."
    if draft.send_at is None and draft.not_before:
        return f"It leaves at {draft.not_before:%H:%M:%S} UTC; until then `mark` with draft and withdraw takes it back."
    return "It leaves when its time has come."


def _smtp(now: Status) -> str | None:
    listener = now.listener
    return f"{listener.host}:{listener.port}" if listener and listener.port else None


def _sent_status(state: DraftState) -> SentStatus:
    leaving = {DraftState.CLAIMED: "queued", DraftState.ON_WIRE: "queued"}
    return cast(SentStatus, leaving.get(state, state.value))


def _how_to_decide(draft: Draft, home: Path) -> str:
    return (
        f"A human decides in a terminal: `{command(home, 'approve', draft.id)}` shows the message as it will leave;"
        " with `reject` instead of `approve` it is refused. You cannot; tell them, then call check_draft."
    )


def _what_next(now: Status) -> str:
    if now.held:
        return f"{now.held} draft(s) wait for a human: `{command(now.home, 'held')}` in a terminal lists them."
    if not now.inboxes:
        return "Make an inbox with create_inbox."
    return "Nothing needs to be done."
