"""What a model sees of our own doings: inboxes made, drafts and what became of them, the state of the system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from mailmcp import __version__
from mailmcp.mailroom.requests import UNPROVED, Outcome, Status
from mailmcp.models import AccountStatus, DeliveryState, Draft, DraftState, Inbox, InboxSummary, ServiceStatus
from mailmcp.server import results
from mailmcp.server.fence import Page, inert, one_line
from mailmcp.server.launcher import command

INBOXES_SHOWN = 60
LABEL_SHOWN = 60
DRAFTS_SHOWN = 20
RECIPIENTS_SHOWN = 100
"""Of all drafts together. One mail has no more."""

SentStatus = Literal["sent", "queued", "held", "held_elsewhere", "refused", "rejected", "failed", "unknown"]


def created(inbox: Inbox, made: bool, cursor: str, status: Status) -> tuple[str, results.InboxCreated]:
    """create_inbox."""
    smtp = _smtp(status)
    account = next((one for one in status.accounts if one.account == inbox.account), None)
    if inbox.account is not None:
        how = f"Its mail comes into the account {inbox.account}, from the internet"
        how += f". {account.trouble}" if account and account.trouble else " as well."
    elif inbox.remote is not None:
        how = f"It is kept by {inbox.backend}, and mail from the internet reaches it."
    elif smtp:
        how = f"Programs on this machine reach it by SMTP at {smtp}."
    else:
        how = "The SMTP listener is not up (see mail_status); other inboxes of this home reach it."
    if inbox.account is None and inbox.remote is None:
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


def sent(outcome: Outcome, home: Path, page: str | None) -> tuple[str, results.Sent]:
    """send and draft_for_approval."""
    draft = outcome.draft
    if draft is None:
        reasons = [reason.sentence for reason in outcome.refused]
        data = results.Sent(status="refused", recipients=list(outcome.recipients), reasons=reasons)
        return f"Refused, nothing was sent. {' '.join(reasons)}", data
    status = _sent_status(draft.state)
    ours = [reason.sentence for reason in draft.reasons]
    answered = None
    if reported(draft):
        ours.append("Somebody reported about it: check_draft tells what.")
    elif draft.error and draft.state is DraftState.REJECTED:  # the human's own word
        ours.append(one_line(draft.error))
    elif draft.error:
        answered = inert(draft.error)
    reasons = [*ours, *([answered] if answered else [])]
    data = results.Sent(
        status=status,
        draft=draft.id,
        message=draft.message,
        recipients=list(draft.recipients),
        reasons=reasons or None,
        repeated=outcome.repeated or None,
        send_at=draft.send_at,
        deliveries=_deliveries(draft),
        how_to_decide=_what_a_human_does(draft, home, page),
    )
    again = "The same mail was submitted before, it was not sent again: it is " if outcome.repeated else ""
    text = [f"{again}{status}: draft {draft.id} to {', '.join(draft.recipients)}."]
    if status == "queued":
        text.append(_when(draft))
    said = Page()
    said.say(" ".join([*text, *ours]))
    if answered:  # a relay's words may be those of whoever it asked
        said.say("What was answered:", answered)
    if data.how_to_decide:
        said.say(data.how_to_decide)
    return said.text(), data


def drafts(found: Sequence[Draft], home: Path, page: str | None) -> tuple[str, results.DraftList]:
    """check_draft: one with all its recipients, or the newest, each with a share of them."""
    recent = found[-DRAFTS_SHOWN:]
    most = RECIPIENTS_SHOWN // max(1, len(recent))
    lines = [
        results.DraftLine(
            draft=one.id,
            status=one.state.value,
            inbox=one.inbox,
            recipients=list(one.recipients[:most]),
            recipients_left_out=max(0, len(one.recipients) - most) or None,
            subject=one.subject[: results.SUBJECT_SHOWN],
            created_at=one.created_at,
            send_at=one.send_at,
            expires_at=one.expires_at if one.state is DraftState.HELD else None,
            message=one.message,
            reasons=[reason.sentence for reason in one.reasons] or None,
            error=inert(one.error) if one.error else None,
            deliveries=_deliveries(one, most),
        )
        for one in recent
    ]
    returned = {one.id for one in found if reported(one)}
    if not lines:
        return "No draft is held or queued.", results.DraftList(drafts=lines)
    said = Page()
    for one in lines:
        came_back = one.draft in returned
        is_word = one.status == DraftState.REJECTED  # a human's, to the assistant
        trouble = f" ({one_line(one.error)})" if one.error and is_word else ""
        # The subject of an answer, and often the recipient, is a stranger's.
        to = f"{len(one.recipients) + left_out} recipients, as" if (left_out := one.recipients_left_out) else ""
        said.say(f"{one.draft} {one.status}{trouble}, to {to}".rstrip(), f"{', '.join(one.recipients)}: {one.subject}")
        if one.error and not is_word:  # a mail's words, or those that a relay answered: others may have written them
            said.say("what came back:" if came_back else "what was answered:", one.error)
    if len(found) > len(lines):
        said.say(f"{len(found) - len(lines)} older drafts are left out.")
    first = {one.state: one for one in reversed(found)}  # one sentence of each kind says how
    for told in (_what_a_human_does(one, home, page) for one in first.values()):
        if told:
            said.say(told)
    return said.text(), results.DraftList(drafts=lines)


def status(now: Status) -> tuple[str, results.MailStatus]:
    """mail_status."""
    smtp = _smtp(now)
    warnings = [now.listener.trouble] if now.listener and now.listener.trouble else []
    warnings += [one.trouble for one in (*now.accounts, *now.services) if one.trouble]
    if not now.listens:
        if not now.accounts and not now.services:
            warnings.append("The account is not read yet: one process begins within seconds.")
    elif smtp is None and not warnings:
        warnings.append("No process listens for SMTP yet: one takes over within seconds.")
    if now.stopped:
        warnings.append(
            f"Process {now.stopped} does the duties of this home and is stopped: nothing is received or sent until it"
            f" goes on (`kill -CONT {now.stopped}`) or is ended."
        )
    warnings += now.unwise
    if now.unjudged:
        warnings.append(f"{now.unjudged} message(s) are stored and not read yet: they show within seconds.")
    if now.unknown:
        warnings.append(
            f"{now.unknown} draft(s) may have left, the answer was lost: they are not sent again. check_draft names"
            " them, and how a human says what became of them."
        )
    warnings += now.pauses
    if now.suppressed:
        warnings.append(
            f"Nothing is sent to {now.suppressed} address(es) any more, since mail came back or they complained:"
            f" `{command(now.home, 'suppression', 'list')}` lists them."
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
        approval=_approval(now),
        page=now.page,
        queued=now.queued,
        audit_head=f"{now.audit_head[0]}:{now.audit_head[1][:16]}",
        accounts=[_account(one) for one in now.accounts] or None,
        services=[_service(one) for one in now.services] or None,
        warnings=warnings,
        next=_what_next(now),
    )
    listening = f"SMTP: {smtp or 'off'}. " if now.listens else ""
    text = [
        f"mailmcp {__version__}, backend {now.backend}, {now.inboxes} inbox(es) at @{now.domain}.",
        *(f"{one.address}: {one.state}" for one in data.accounts or ()),
        *(f"{one.name}: {one.state}" for one in data.services or ()),
        f"{listening}Send policy: {now.policy}. Held: {now.held}. Queued: {now.queued}.",
        data.approval,
        f"Audit log: {data.audit_head}.",
        *(f"Warning: {warning}" for warning in warnings),
        data.next,
    ]
    return "\n".join(text), data


def _deliveries(draft: Draft, most: int = RECIPIENTS_SHOWN) -> list[results.Delivered] | None:
    """Each recipient's own result, unless all accepted it; of too many those of whoever did not."""
    if all(one.state is DeliveryState.ACCEPTED for one in draft.deliveries):
        return None
    told = draft.deliveries
    if len(told) > most:
        told = sorted(told, key=lambda one: one.state is DeliveryState.ACCEPTED)[:most]
    return [
        results.Delivered(
            recipient=one.recipient, status=one.state.value, detail=inert(one.detail) if one.detail else None
        )
        for one in told
    ]


def reported(draft: Draft) -> bool:
    """Whether its trouble is told by mail that came, in which there are strangers' words."""
    came = (DeliveryState.BOUNCED, DeliveryState.ACCEPTED)
    return any(one.detail and one.state in came for one in draft.deliveries)


def _account(one: AccountStatus) -> results.AccountLine:
    if one.trouble:
        state = "not reached"
    else:
        how = "watched" if one.watch == "idle" else "asked again and again"
        older = f", {one.older} older ones only on the server" if one.older else ""
        state = f"{how}, {one.stored} mail(s) stored{older}, {'read and written' if one.writes else 'only read'}"
        for words, value in (
            ("folders", one.folders),
            ("not read:", one.unread_folders),
            ("copies of sent mail in", one.sent),
            ("held drafts shown in", one.drafts),
            ("sends by", one.relay),
            ("too large or not handed over:", str(one.left_out or "")),
        ):
            state += f"; {words} {value}" if value else ""
    if one.authserv:
        believed = "believed" if one.authserv_trusted else "not believed unless MAILMCP_AUTH__TRUSTED_AUTHSERV names it"
        state += f"; sender checks by {one.authserv} are {believed}"
    return results.AccountLine(address=one.account, state=f"{state}.")


def _service(one: ServiceStatus) -> results.ServiceLine:
    state = "not reached" if one.trouble else "looked at again and again" if one.looked_at else "not looked at yet"
    if one.stream:
        state += f", and {one.stream}"
    if one.waiting:
        state += f", {one.waiting} mail(s) still to be fetched"
    budget = one.budget
    if budget is not None:
        state += f"; {budget.left} call(s) may be made at once, {budget.per_minute} in a minute"
        if budget.rests_until is not None:
            state += f", none before {budget.rests_until:%H:%M:%S} UTC, as it asked for"
    return results.ServiceLine(name=one.service, state=f"{state}.")


def _reach(inbox: Inbox) -> Literal["this_machine", "internet"]:
    return "this_machine" if inbox.account is None and inbox.remote is None else "internet"


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


def _approval(now: Status) -> str:
    where = f"on the page {now.page} or in a terminal" if now.page else "in a terminal"
    proof = "and types the approver's passphrase." if now.passphrase else f"without a passphrase. {UNPROVED}"
    said = f"A human approves {where}, {proof}"
    if now.trusted_clients and not now.passphrase:
        said += f" With a code that only these show, also in: {one_line(', '.join(now.trusted_clients))}."
    return said


def _how_to_decide(draft: Draft, home: Path, page: str | None) -> str:
    at_the_page = f"at {page} (`{command(home, 'ui')}` opens it), or " if page else ""
    return (
        f"A human decides {at_the_page}in a terminal: `{command(home, 'approve', draft.id)}` shows the message as it"
        " will leave; with `reject` instead of `approve` it is refused. You cannot; tell them, then call check_draft."
    )


def _how_to_settle(draft: Draft, home: Path) -> str:
    return (
        "It may have arrived. Ask the recipients, or a human looks at the mail provider; then the human says in a"
        f" terminal what became of it: `{command(home, 'settle', draft.id, '--arrived')}`, or with `--not-arrived`."
        " Until then the same mail is not sent again."
    )


def _what_a_human_does(draft: Draft, home: Path, page: str | None) -> str | None:
    if draft.state is DraftState.HELD:
        return _how_to_decide(draft, home, page)
    if draft.state is DraftState.HELD_ELSEWHERE:
        return (
            f"{draft.backend} took it and keeps it for a review of its own: it has not left. A human decides about it"
            " there; check_draft tells when that was done."
        )
    return _how_to_settle(draft, home) if draft.state is DraftState.UNKNOWN else None


def _what_next(now: Status) -> str:
    if now.held:
        return f"{now.held} draft(s) wait for a human: `{command(now.home, 'held')}` in a terminal lists them."
    if not now.inboxes:
        return "Make an inbox with create_inbox."
    return "Nothing needs to be done."
