"""Takes values out of JSON that a stranger wrote: the wrong type is treated as absent, never as an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

JsonObject = Mapping[str, Any]

_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_LENIENT = json.JSONDecoder(strict=False, parse_constant=_refuse)


def decode_json(data: bytes) -> Any:
    """The JSON value in ``data``; raises ``ValueError`` with a short reason.

    What the strict and fast decoder refuses gets a second try: lone surrogates, bytes that are not UTF-8 and
    control characters inside texts all occur in real downloads.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _LENIENT.decode(data.decode("utf-8-sig", "replace"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deep") from None


def clean(text: str) -> str:
    """``text`` with lone surrogates, which UTF-8 cannot carry, replaced by U+FFFD."""
    return text if text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)


def object_at(value: JsonObject, key: str) -> JsonObject:
    """The object under ``key``; empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str | None:
    """A scalar as text, numbers included; None for null, true, false, lists, objects and empty text."""
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # an integer of more than 4,300 digits
            return None
    return None


def text_at(value: JsonObject, key: str) -> str | None:
    """The scalar under ``key`` as text, or None."""
    return text_of(value.get(key))


def texts_of(value: object) -> list[str]:
    """All texts of a list, or of one scalar where a list was expected."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := text_of(item)) is not None]


def whole_number(value: object) -> int | None:
    """An integer, also where it was written as text or as ``80.0``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else None
    if isinstance(value, str) and len(value) <= 80 and value.isascii() and value.isdigit():
        return int(value)
    return None


def port_number(value: object) -> int | None:
    """A port from 1 to 65535, or None."""
    number = whole_number(value)
    return number if number is not None and 0 < number < 65_536 else None


def coordinate(value: object, limit: float) -> float | None:
    """Degrees within ±``limit``, or None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -limit <= value <= limit:
        return float(value)
    return None
