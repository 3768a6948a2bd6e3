"""What a JSON schema asks for, in words, for whoever gave something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def expected(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """What a JSON schema asks for, in words; ``whole`` is the schema that holds its definitions."""
    schema = _resolved(schema, whole)
    if "anyOf" in schema:
        return " or ".join(expected(one, whole) for one in _choices(schema))
    if "enum" in schema:
        *others, last = map(str, schema["enum"])
        return f"{', '.join(others)} or {last}" if others else last
    kind = schema.get("type", "")
    if kind == "array":
        items = _resolved(schema.get("items", {}), whole)
        return (
            f"a list of {expected(items, whole) if 'enum' in items else PLURALS.get(items.get('type', ''), 'values')}"
        )
    if kind == "object" and schema.get("properties"):
        return f"an object with {', '.join(schema['properties'])}"
    return SINGULARS.get(kind, "another value") + _bounds(schema)


def part_of(whole: dict[str, Any], steps: Sequence[int | str]) -> dict[str, Any] | None:
    """The schema of a part of what a JSON schema describes, found by names and numbers; None for no such part."""
    found = _resolved(whole, whole)
    for step in steps:
        below = found.get("items") if isinstance(step, int) else found.get("properties", {}).get(step)
        if below is None:
            return None
        found = _resolved(below, whole)
    return found


SINGULARS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
}
PLURALS = {"string": "strings", "integer": "whole numbers", "number": "numbers", "object": "objects"}


def _choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A schema itself, where it only names another or is one that may be left out."""
    if len(choices := _choices(schema)) == 1:
        schema = choices[0]
    return whole["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _bounds(schema: dict[str, Any]) -> str:
    low, high, length = (schema.get(name) for name in ("minimum", "maximum", "maxLength"))
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if length is not None:
        return f" of at most {length} characters"
    return f" of at least {low}" if low is not None else f" of at most {high}" if high is not None else ""
