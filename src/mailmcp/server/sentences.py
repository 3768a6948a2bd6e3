"""What went wrong, as one short sentence of ours: no library's words reach a model, or whoever writes a client.

A sentence says what was expected instead of what a validator calls its finding; the words for that come from the
schema which the client was shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from mailmcp.schemas import expected, part_of

LONGEST = 300
"""Characters of a sentence. What a caller gave may be longer than any answer should be."""
LONGEST_NAME = 60
_KINDS = frozenset({"str", "int", "float", "bool"})


def bounded(sentence: str) -> str:
    """One line, of bounded length: the middle goes, since the end says what to do next."""
    line = " ".join(sentence.split())
    keep = (LONGEST - 3) // 2
    return line if len(line) <= LONGEST else f"{line[:keep]} … {line[-keep:]}"


def shown(name: str) -> str:
    """A name that a caller gave, fit to be said again."""
    plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name[: LONGEST_NAME + 1])
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


def arguments_sentence(tool: str, error: ValidationError, schema: dict[str, Any]) -> str:
    """What is wrong with a tool's arguments: as many of the problems as fit."""
    problems = error.errors(include_url=False, include_input=False)
    sentence = f"Invalid arguments for {tool}: {_argument(problems[0], schema)}"
    for problem in problems[1:]:
        longer = f"{sentence}; {_argument(problem, schema)}"
        if len(longer) >= LONGEST:
            break
        sentence = longer
    return bounded(f"{sentence}.")


def parameters_sentence(method: str, error: ValidationError) -> str:
    """What is wrong with the parameters of a request; the protocol's schema is not ours to quote."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Between the names of the protocol stand those of pydantic, for the alternatives that it tried.
    steps = [one for one in problem["loc"] if isinstance(one, int) or not (one in _KINDS or one[:1].isupper())]
    where = _path(steps[1:] if steps[0] == "params" and len(steps) > 1 else steps)
    what = "is required" if problem["type"] == "missing" else "has a wrong type or value"
    return bounded(f"The request {shown(method)} cannot be used: `{where}` {what}.")


def _argument(problem: Any, schema: dict[str, Any]) -> str:
    where = _path(problem["loc"])
    if problem["type"] == "missing":
        return f"`{where}` is required"
    if problem["type"] == "extra_forbidden":
        parent = part_of(schema, problem["loc"][:-1]) or {}
        return f"there is no argument `{where}` ({_instead(str(problem['loc'][-1]), parent.get('properties', {}))})"
    if problem["type"] == "value_error":  # of a check of ours
        return f"`{where}` {problem['ctx']['error']}"
    wanted = part_of(schema, problem["loc"])
    return f"`{where}` must be {expected(wanted, schema)}" if wanted else f"`{where}` has a wrong type or value"


def _instead(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name[:LONGEST_NAME], names, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"it takes {', '.join(names) or 'none'}"


def _path(steps: Iterable[int | str]) -> str:
    """Where in the arguments: ``attachments[0].name``."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{shown(step)}"
    return path
