"""What each backend can do, read from its class: for `mailmcp backends` and the table of docs/backends.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from mailmcp.backends import BACKENDS, Row, class_of
from mailmcp.config import Settings

COLUMNS = (
    "backend",
    "mail comes in",
    "new addresses",
    "sends",
    "after a lost answer",
    "what became of it",
    "proven by",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """One line of the table."""

    name: str
    comes_in: str
    addresses: str
    sends: str
    lost_answer: str
    afterwards: str
    proven: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of ``COLUMNS``."""
        return (
            self.name,
            self.comes_in,
            self.addresses,
            self.sends,
            self.lost_answer,
            self.afterwards,
            self.proven,
        )


def capabilities() -> Iterator[Capabilities]:
    """A line for each row. The classes are loaded, none is made."""
    for row in BACKENDS:
        yield _of(row, class_of(row))


def _stream(name: str) -> str:
    """Whether it tells of news by itself where nobody has set that otherwise."""
    setting = Settings.model_fields.get(name)
    fields: Mapping[str, FieldInfo] = getattr(setting.annotation if setting else None, "model_fields", {})
    off = "stream" in fields and fields["stream"].default is False
    return "tells of news if set" if off else "tells of news"


def _of(row: Row, kind: object) -> Capabilities:
    def has(*names: str) -> bool:
        return all(hasattr(kind, name) for name in names)

    supports: frozenset[str] = getattr(kind, "supports", frozenset[str]())
    ways = [
        *(["by SMTP"] if has("listen") else []),
        *(["read by IMAP"] if has("attend") else []),
        *(["fetched"] if has("look", "fetch") else []),
        *([_stream(row.name)] if has("watch") else []),
        *(["webhook"] if has("read_hook") else []),
    ]
    made_there = has("create_inbox", "list_inboxes", "delete_inbox")
    here = "in your account" if has("account_of") else "here"
    wire = "the approved bytes" if "mime" in supports else "the approved fields"
    # What the smtp backend hands in for it is sent by that one.
    sends = "by the smtp backend" if has("sends_with") else "between inboxes here" if has("delivers_within") else wire
    return Capabilities(
        name=row.name,
        comes_in=", ".join(ways) or "-",
        addresses="at the service" if made_there else here if has("domain") else "-",
        sends=sends,
        lost_answer="found out" if has("find_sent") else "a human says",
        afterwards="asked for" if has("events") else "by mail",
        proven=row.proven,
    )
