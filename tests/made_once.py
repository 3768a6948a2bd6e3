"""What each server makes anew and from then on only reads, made once for all servers of a process.

To make the tools takes 110 ms of CPU, the prompts and the templates of resources 15 ms: longer than most tests do
anything else. Programs that start for real make everything as ever.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from mcp.server.mcpserver.resources.templates import ResourceTemplate

from mailmcp.server import http, resources, serving
from mailmcp.server.tools import all_tools as tools_anew

all_tools = functools.cache(tools_anew)


def for_servers(patch: pytest.MonkeyPatch) -> None:
    """From here on servers share it."""
    patch.setattr(http, "all_tools", all_tools)
    patch.setattr(serving, "all_tools", all_tools)
    patch.setattr(resources, "all_prompts", functools.cache(resources.all_prompts))
    anew: Callable[..., ResourceTemplate] = ResourceTemplate.from_function
    templates: dict[str, ResourceTemplate] = {}

    def from_function(fn: Any, uri_template: str, **options: Any) -> ResourceTemplate:
        assert fn.__wrapped__.__closure__ is None, "it may know its server, and belongs to that one alone"
        if uri_template not in templates:
            templates[uri_template] = anew(fn, uri_template, **options)
        return templates[uri_template]

    patch.setattr(ResourceTemplate, "from_function", from_function)
