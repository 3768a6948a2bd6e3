"""How a mailroom is put together: its backends, and the duties of the doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailmcp.config import Settings
    from mailmcp.mailroom.duties import Duty
    from mailmcp.mailroom.room import Mailroom


async def open_mailroom(settings: Settings, *, leads: bool = True) -> Mailroom:
    """A mailroom with its backend, as the settings say. Raises ConfigError."""
    from mailmcp.backends import open_backends
    from mailmcp.mailroom.room import Mailroom

    def doors(room: Mailroom) -> list[Duty]:
        from mailmcp.web.serving import Serving  # a command that only looks in serves no page

        return [Serving(room)]

    return await Mailroom.open(
        settings,
        lambda reception: open_backends(settings, reception),
        leads=leads,
        further=doors if leads else None,
    )
