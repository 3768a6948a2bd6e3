"""The tables of what lasts: processes and mail."""

from __future__ import annotations

from pydantic import Field

from mailmcp.config.sections import Section


class ProcessSettings(Section):
    """How long a process lives."""

    idle_exit: int = Field(
        default=0,
        ge=0,
        description="Seconds without a word of its client after which a process that does not lead ends, although its"
        " input is open; 0 for never. A leader stays.",
    )


class RetentionSettings(Section):
    """How long mail is kept, where an inbox has no rule of its own (`mailmcp inbox keep`)."""

    days: int = Field(
        default=0, ge=0, le=36_500, description="Days after which mail is deleted; 0 keeps it without limit."
    )
    size: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="MiB of mail that each inbox keeps, the newest; 0 keeps it without limit.",
    )
