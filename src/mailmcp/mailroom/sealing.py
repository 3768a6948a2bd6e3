"""The keys that approvals are proved with: one of the home, and one of the approver's passphrase where there is one.

Both are files of mode 0600 and never in the database: ``approval.key`` holds 32 random octets, ``approver.json`` what
the passphrase is checked with. The functions read files (and one of them computes for a tenth of a second): call them
in a thread.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailmcp import private
from mailmcp.errors import BadInput, ConfigError, Refused
from mailmcp.models import Approval, Draft, Leave, Reason, Seal
from mailmcp.policy import approval

LASTS = timedelta(hours=24)
"""How long after its time a message may leave by an approval: longer than it is tried again for."""
POLICY = "policy"
"""Who "approved" what policy allowed."""
COST = 2**15
"""scrypt's N: 32 MiB and about a tenth of a second for each guess."""
_SALT_BYTES = 16
_LARGEST_FILE = 4096


@dataclass(frozen=True, slots=True)
class Approver:
    """What is known of the approver's passphrase: enough to check it, and what it signed."""

    salt: bytes
    cost: int
    public: bytes


class Sealing:
    """Makes and checks seals for one home."""

    def __init__(self, home: Path) -> None:
        self._key_file = home / "approval.key"
        self._approver_file = home / "approver.json"

    # --- keys ----------------------------------------------------------------------------------------------------

    def key(self) -> bytes:
        """The home's key, made at its first use. Raises ConfigError."""
        key = self._read(self._key_file)
        if key is None:
            write_private(self._key_file, secrets.token_bytes(approval.KEY_BYTES), replace=False)
            key = self._read(self._key_file)
        if key is None or len(key) != approval.KEY_BYTES:
            raise ConfigError(
                f"{self._key_file} is damaged: remove it, and what waits to leave will wait for your approval again."
            )
        return key

    def approver(self) -> Approver | None:
        """The approver's key; None where no passphrase is set. Raises ConfigError."""
        written = self._read(self._approver_file)
        if written is None:
            return None
        try:
            fields: dict[str, Any] = json.loads(written)
            found = Approver(bytes.fromhex(fields["salt"]), int(fields["cost"]), bytes.fromhex(fields["public"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._approver_file} is damaged: remove it, and set the passphrase again with"
                " `mailmcp approver set`."
            ) from error
        if len(found.public) != approval.KEY_BYTES or not 2**14 <= found.cost <= 2**17:
            raise ConfigError(f"{self._approver_file} is damaged: remove it, and set the passphrase again.")
        return found

    def set_passphrase(self, passphrase: str, *, old: str | None = None) -> None:
        """Ask for this passphrase from now on. Raises Refused when another one is set and ``old`` is not that."""
        self._unlocked(old)
        if len(passphrase.strip()) < approval.LEAST_PASSPHRASE:
            raise BadInput(f"The passphrase is too short: take at least {approval.LEAST_PASSPHRASE} characters.")
        salt = secrets.token_bytes(_SALT_BYTES)
        public = approval.public_of(approval.derived(passphrase, salt, cost=COST))
        words = {"salt": salt.hex(), "cost": COST, "public": public.hex()}
        write_private(self._approver_file, json.dumps(words).encode(), replace=True)

    def clear_passphrase(self, old: str) -> None:
        """Ask for no passphrase any more. Raises Refused when ``old`` is not the one that is set."""
        self._unlocked(old)
        self._approver_file.unlink(missing_ok=True)

    # --- seals ---------------------------------------------------------------------------------------------------

    def allowed(self, draft: Draft, key: bytes, now: datetime) -> Seal:
        """The leave that policy gives. ``key`` is the home's: this runs inside a transaction."""
        return approval.seal(self._approval(draft, Leave.ALLOWED, POLICY, now), key)

    def approved(self, draft: Draft, *, approver: str, passphrase: str | None, now: datetime) -> Seal:
        """The leave that a human gives. Raises Refused when the passphrase is not the one that is set."""
        seed = self._unlocked(passphrase)
        return approval.seal(self._approval(draft, Leave.APPROVED, approver, now), self.key(), seed)

    def doubt(self, draft: Draft, seal: Seal | None, now: datetime) -> Reason | None:
        """Why a draft must not leave by the leave it has; None when it may."""
        try:
            approver = self.approver()
            found = approval.doubt(
                seal,
                draft=draft.id,
                revision=draft.revision,
                sha256=draft.sha256,
                key=self.key(),
                public=approver.public if approver else None,
                now=now,
            )
        except ConfigError as error:
            found = error.public
        return None if found is None else Reason("no_approval", f"{found} Look at it closely, and approve it again.")

    def code(self, draft: Draft) -> str:
        """What a human types at a terminal who has seen this revision of a draft."""
        return approval.code(self.key(), draft=draft.id, revision=draft.revision, sha256=draft.sha256)

    def _approval(self, draft: Draft, decision: Leave, approver: str, now: datetime) -> Approval:
        leaves_at = max(now, draft.send_at or now, (draft.not_before or now) if decision is Leave.ALLOWED else now)
        return Approval(
            draft=draft.id,
            revision=draft.revision,
            sha256=draft.sha256,
            decision=decision,
            approver=approver,
            expires_at=leaves_at + LASTS,
            nonce=secrets.token_hex(16),
        )

    def _unlocked(self, passphrase: str | None) -> bytes | None:
        """The seed of the passphrase that is set; None where none is. Raises Refused when it is another."""
        approver = self.approver()
        if approver is None:
            return None
        if not passphrase:
            raise Refused("The approver's passphrase is needed.")
        seed = approval.derived(passphrase, approver.salt, cost=approver.cost)
        if not hmac.compare_digest(approval.public_of(seed), approver.public):
            raise Refused("That is not the approver's passphrase.")
        return seed

    def _read(self, file: Path) -> bytes | None:
        try:
            with open(file, "rb", opener=lambda path, flags: os.open(path, flags | NOFOLLOW)) as opened:
                return opened.read(_LARGEST_FILE)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error


NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def write_private(file: Path, content: bytes, *, replace: bool) -> None:
    """Write a private file; without ``replace`` one that is there counts. Raises ConfigError."""
    try:
        private.write_private(file, content, replace=replace)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from error
