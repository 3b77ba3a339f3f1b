"""Fills the placeholders of a device's reply texts: ``{address}``, ``{date_http}``, ``{nonce_hikvision_camera}`` …

Only the names below, the device's own ``facts``, and ``port_N`` / ``authority_N`` for its declared ports are
placeholders; every other brace (of a script, a style sheet, a JSON text) stays as it is.
"""

from __future__ import annotations

import base64
import datetime
import re
import secrets
import uuid
from collections.abc import Callable, Mapping

Values = Mapping[str, str]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PORT = re.compile(r"^(?:port|authority)_(\d{1,5})$")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Clock -> text. Weekdays and months are English whatever the locale of this machine.
_DATES: Mapping[str, Callable[[datetime.datetime], str]] = {
    "date_http": lambda now: f"{_DAYS[now.weekday()]}, {now:%d} {_MONTHS[now.month - 1]} {now:%Y %H:%M:%S} GMT",
    "date_ctime": lambda now: f"{_DAYS[now.weekday()]} {_MONTHS[now.month - 1]} {now.day:2d} {now:%H:%M:%S %Y}",
    "date_rtsp": lambda now: f"{_DAYS[now.weekday()]}, {_MONTHS[now.month - 1]} {now:%d %Y %H:%M:%S} GMT",
    "date_text": lambda now: f"{now:%Y-%m-%d %H:%M:%S}",
    "year": lambda now: f"{now.year}",
    "month": lambda now: f"{now.month}",
    "day": lambda now: f"{now.day}",
    "hour": lambda now: f"{now.hour}",
    "minute": lambda now: f"{now.minute}",
    "second": lambda now: f"{now.second}",
    "clock_us": lambda now: f"{int(now.timestamp() * 1_000_000)}",
    "nonce_hikvision_recorder": lambda now: f"{secrets.token_hex(16)}:{int(now.timestamp() * 1000)}",
}


def _hikvision_camera_nonce() -> str:
    inner = f"{secrets.token_hex(4)}:{secrets.token_hex(4)}"
    return base64.b64encode(inner.encode("ascii")).hex()


def _decimal(digits: int) -> str:
    return str(secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1))


# A device draws these anew for each reply, in the shapes seen in recorded challenges.
_DRAWN: Mapping[str, Callable[[], str]] = {
    "hex32": lambda: secrets.token_hex(16),
    "hex40": lambda: secrets.token_hex(20),
    "decimal10": lambda: _decimal(10),
    "new_uuid": lambda: str(uuid.uuid4()),
    "nonce_hikvision_camera": _hikvision_camera_nonce,
    "nonce_hikvision_terminal": lambda: base64.b64encode(secrets.token_hex(16).encode()).decode(),
    "decimal9": lambda: _decimal(9),
    "nonce_dahua_onvif": lambda: base64.b64encode(f"onvif-digest:{_decimal(11)}".encode()).decode(),
    "nonce_axis": lambda: f"{base64.b64encode(secrets.token_bytes(8)).decode()}{secrets.token_hex(20)}",
    "nonce_axis_rtsp": lambda: f"{secrets.token_hex(4)}Y{secrets.token_hex(19)}",
}

# What the request at hand gives; each service fills those that its protocol has.
REQUEST_VALUES = frozenset(
    {"address", "gateway", "port", "cseq", "uuid", "message_id", "http_version", "connection"}
    | {"content_length", "content_length_hex", "search_target"}
)


def unknown_placeholders(text: str, facts: Values, ports: frozenset[int]) -> list[str]:
    """The placeholders in ``text`` that nothing would fill: misspelt, or of a port that is not declared."""
    unknown = []
    for name in _PLACEHOLDER.findall(text):
        of_port = _PORT.match(name)
        if of_port is not None:
            known = int(of_port[1]) in ports
        else:
            known = name in _DATES or name in _DRAWN or name in REQUEST_VALUES or name in facts
        if not known:
            unknown.append(name)
    return unknown


def fill(text: str, values: Values, now: datetime.datetime) -> str:
    """``text`` with its placeholders replaced; ``values`` win over dates (of ``now``, UTC) and drawn values."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        if name in _DATES:
            return _DATES[name](now)
        if name in _DRAWN:
            return _DRAWN[name]()
        return match[0]

    return _PLACEHOLDER.sub(value, text)
