"""``report.json``: the document itself, written and read again.

Texts are as the device sent them, escaped as JSON requires and no further: whoever shows them escapes them.
"""

from __future__ import annotations

import re

import msgspec

from reports.document import SCHEMA, ReportDocument
from reports.render_options import RenderOptions

_INDENT_BELOW = 4_000_000
"""Bytes of a document from which on it is written without line breaks, which halves it."""

_FORM, _, _VERSION = SCHEMA.partition("/")


class DocumentError(ValueError):
    """Bytes that are no report of ours; the text says in one line what is wrong and where."""


class _Heading(msgspec.Struct):
    """What is read first, to give a better error than the first missing field."""

    schema: str | None = None


def _encodable(value: object) -> object:
    """``value`` without lone surrogates, which no UTF-8 can hold: they become U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value


def render(document: ReportDocument, options: RenderOptions) -> bytes:
    """``document`` as JSON in UTF-8, indented while people may want to read it; no option changes it."""
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(document)))
    return (msgspec.json.format(encoded, indent=2) if len(encoded) < _INDENT_BELOW else encoded) + b"\n"


def _check_heading(data: bytes) -> None:
    try:
        schema = msgspec.json.decode(data, type=_Heading).schema
    except msgspec.ValidationError as error:
        raise DocumentError(f"not a coverscan report: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentError(f"not JSON, or cut off: {error}") from error
    except RecursionError as error:
        raise DocumentError("not a coverscan report: nested too deeply") from error
    if schema is None:
        raise DocumentError(f'not a coverscan report: it has no "schema" key, which should be "{SCHEMA}"')
    form, _, version = schema.partition("/")
    if form != _FORM or not re.fullmatch(r"[0-9]{1,9}", version):
        raise DocumentError(f'not a coverscan report: its schema is "{schema[:60]}", not "{SCHEMA}"')
    if int(version) > int(_VERSION):
        raise DocumentError(
            f"made by a newer coverscan (report format {version}; this one reads up to {_VERSION}): "
            "update coverscan to open it"
        )


def read_document(data: bytes) -> ReportDocument:
    """The document that ``render`` wrote as ``data``; keys that are not known here are ignored.

    Raises ``DocumentError`` for what is not JSON, not a report, of a newer format, or has a wrong value.
    """
    _check_heading(data)
    try:
        return msgspec.json.decode(data, type=ReportDocument)
    except msgspec.ValidationError as error:
        raise DocumentError(f"not a complete coverscan report: {error}") from error
    except RecursionError as error:
        raise DocumentError("not a coverscan report: nested too deeply") from error
