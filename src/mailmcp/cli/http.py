"""`mailmcp serve --transport http` and `sse`."""

from __future__ import annotations

import argparse
import ipaddress
import re
from typing import TYPE_CHECKING

from mailmcp.cli.usage import Misused

if TYPE_CHECKING:
    from mailmcp.server.serving import OpenMailroom


def serve(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """Serve until the process is asked to end."""
    if options.host is not None:
        try:
            ipaddress.ip_address(options.host)
        except ValueError:
            raise Misused(f"--host takes an address such as 127.0.0.1 or 0.0.0.0, not '{options.host[:40]}'.") from None
    port: int | None = None
    if options.port is not None:
        if not re.fullmatch(r"[0-9]{1,6}", options.port) or int(options.port) > 65_535:
            raise Misused(f"--port takes a number up to 65535, not '{options.port[:20]}'.")
        port = int(options.port)
    from mailmcp.server import http

    return http.serve(options.home, open_mailroom, host=options.host, port=port, sse=options.transport == "sse")
