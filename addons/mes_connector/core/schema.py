"""Checks the data of an event against the JSON Schema of its type; envelopes are envelope.py's.

Schemas lie in ``<directory>/<type without version>/v<major>.json`` and are compiled once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from .envelope import pointer_token
from .errors import error
from .messages import Fault

__all__ = ["Fault", "SchemaSet"]

_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
_FORMAT_NAMES = {"date-time": "an RFC 3339 time with an offset", "uuid": "a UUID"}
# One template for each keyword; {} is its limit, in the words of _limit().
_SENTENCES = {
    "const": "Must be {}.",
    "enum": "Must be one of {}.",
    "exclusiveMaximum": "Must be less than {}.",
    "exclusiveMinimum": "Must be more than {}.",
    "format": "Must be {}.",
    "maxItems": "Must hold at most {} items.",
    "maxLength": "Must be at most {} characters long.",
    "maxProperties": "Must hold at most {} properties.",
    "maximum": "Must be at most {}.",
    "minItems": "Must hold at least {} item(s).",
    "minLength": "Must be at least {} character(s) long.",
    "minProperties": "Must hold at least {} of its properties.",
    "minimum": "Must be at least {}.",
    "pattern": "Must match the pattern {}.",
    "type": "Must be {}.",
    "uniqueItems": "Must not repeat an item.",
}


@dataclass(frozen=True)
class SchemaSet:
    """The schemas of one directory by wire type (``mes.order.released.v1``)."""

    schemas: dict[str, dict]
    validators: dict[str, Any]

    @classmethod
    def load(cls, directory: str | Path) -> "SchemaSet":
        """Read and compile every schema below a directory.

        Raises ``ValueError``, which names the file, for one that is not a JSON Schema.
        """
        schemas, validators = {}, {}
        for path in sorted(Path(directory).glob("*/v*.json")):
            wire_type = f"{path.parent.name}.{path.stem}"
            try:
                schemas[wire_type] = json.loads(path.read_text(encoding="utf-8"))
                validators[wire_type] = jsonschema_rs.Draft202012Validator(schemas[wire_type], validate_formats=True)
            except ValueError as fault:
                raise ValueError(f"{path}: {fault}") from fault
        return cls(schemas, validators)

    def validate(self, wire_type: str, data: Any) -> tuple[Fault, ...]:
        """Return every fault of the data of an event, sorted by pointer; empty when it is good.

        Raises ``Permanent`` with ``type_unknown`` when there is no schema for the type.
        """
        validator = self.validators.get(wire_type)
        if validator is None:
            raise error("type_unknown")
        faults = {fault for found in validator.iter_errors(data) for fault in _faults(found)}
        return tuple(sorted(faults, key=lambda fault: (fault.pointer, fault.detail)))


def _faults(found) -> Iterator[Fault]:
    keyword = found.kind.name
    if keyword == "required":
        yield Fault(_pointer(*found.instance_path, found.kind.property), "This is required.")
    elif keyword == "additionalProperties":
        for name in found.kind.unexpected:
            yield Fault(_pointer(*found.instance_path, name), "This property is not known.")
    else:
        yield Fault(_pointer(*found.instance_path), _sentence(keyword, found.kind))


def _pointer(*path):
    return "".join(f"/{pointer_token(str(step))}" for step in ("data", *path))


def _sentence(keyword, kind):
    template = _SENTENCES.get(keyword, f"Does not follow its schema ({keyword}).")
    return template.format(_limit(keyword, kind))


def _limit(keyword, kind):
    if keyword == "type":
        return " or ".join(_TYPE_NAMES[name] for name in kind.types)
    if keyword == "format":
        return _FORMAT_NAMES.get(kind.format, f"of the format {kind.format}")
    if keyword == "enum":
        return ", ".join(json.dumps(option) for option in kind.options)
    if keyword == "const":
        return json.dumps(kind.expected_value)
    if keyword == "pattern":
        return kind.pattern
    return getattr(kind, "limit", "")
