"""What a tool takes: its strict arguments, how what a host sends becomes them, and the schema that a model reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast, get_args, get_origin

from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from pydantic import AfterValidator, ValidationError
from pydantic_core import InitErrorDetails, from_json


def strict(function: Callable[..., Any], **options: Any) -> Tool:
    """A tool that refuses arguments it does not know: a misspelt filter must not become an unfiltered answer."""
    words = " ".join((function.__doc__ or "").split())  # without the line breaks and blanks of our source
    tool = Tool.from_function(function, description=words, **options)
    metadata = tool.fn_metadata
    arguments = metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.fn_metadata = _Arguments(
        arg_model=arguments,
        output_schema=metadata.output_schema,
        output_model=metadata.output_model,
        wrap_output=metadata.wrap_output,
    )
    schema = cast(dict[str, Any], _compact(arguments.model_json_schema(by_alias=True)))
    tool.parameters = {**schema, "additionalProperties": False}
    return tool


class _Arguments(FuncMetadata):
    """How what a host sends becomes arguments: habits of hosts and models that can mean one thing only are met."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Lists and objects that a host wrote as JSON in a string are read; a text stays the text it is.

        The SDK reads every string that is valid JSON: the subject ``[1]`` would become a list, and the query ``null``
        no query at all. A null for an argument that may be left out means that it is left out, and so do blanks for
        one that takes no text. One text or object stands for the list of it.
        """
        fields = self.arg_model.model_fields
        read: dict[str, Any] = {}
        for name, value in data.items():
            field = fields.get(name)
            if field is not None and isinstance(value, str) and not _takes_text(field.annotation):
                value = _list_or_object(value) if value.strip() else None
            if field is not None and value is None and not field.is_required():
                continue
            read[name] = value if field is None else _in_a_list(value, field.annotation)
        return read

    def validate_arguments(self, arguments_to_validate: dict[str, Any]) -> dict[str, Any]:
        """Arguments of the right kinds. ``true`` is no number, though Python counts with it."""
        kinds: dict[str, Any] = {name: field.annotation for name, field in self.arg_model.model_fields.items()}
        wrong = [
            InitErrorDetails(type="int_type", loc=(name,), input=value)
            for name, value in arguments_to_validate.items()
            if isinstance(value, bool) and kinds.get(name) in (int, float)
        ]
        if wrong:
            raise ValidationError.from_exception_data("arguments", wrong)
        return super().validate_arguments(arguments_to_validate)


def _takes_text(annotation: Any) -> bool:
    """Whether a string may be meant as it stands."""
    return annotation is str or str in get_args(annotation) or get_origin(annotation) is Literal


def _list_or_object(text: str) -> Any:
    try:
        read = from_json(text)
    except ValueError:
        return text
    return cast(Any, read) if isinstance(read, list | dict) else text


def _in_a_list(value: Any, annotation: Any) -> Any:
    """A value, in a list where a list of such values is wanted."""
    for one in (annotation, *get_args(annotation)):
        if get_origin(one) is list:
            wanted = str if _takes_text(get_args(one)[0]) else dict
            return [value] if isinstance(value, wanted) else value
    return value


def bare_address(written: str) -> str:
    """The address in what a model wrote: alone, ``Name <address>`` or ``mailto:address``."""
    written = written.strip()
    if written.endswith(">"):
        written = written.rpartition("<")[2].removesuffix(">").strip()
    return written.removeprefix("mailto:")


BARE_ADDRESS = AfterValidator(lambda written: written and bare_address(written))
STRIPPED = AfterValidator(lambda written: written and written.strip())
"""For names and ids, which blanks round them never belong to; both leave None as it is."""


def _compact(node: Any, *, of_properties: bool = False) -> Any:
    """A schema without what a model does not need: generated titles, ``null`` alternatives, ``default: null``."""
    if isinstance(node, list):
        return [_compact(item) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    record = cast(dict[str, Any], node)
    if of_properties:  # the keys are argument names here, "title" and "default" among them
        return {name: _compact(schema) for name, schema in record.items()}
    kept = {
        key: _compact(value, of_properties=key in ("properties", "$defs"))
        for key, value in record.items()
        if key != "title" and not (key == "default" and value is None)
    }
    choices = kept.get("anyOf")
    if isinstance(choices, list):
        real = [choice for choice in cast(list[Any], choices) if choice != {"type": "null"}]
        if len(real) == 1:
            del kept["anyOf"]
            kept = {**real[0], **kept}
    return kept
