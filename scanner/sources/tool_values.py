"""Values as the tools of this trade write them: times in a dozen forms, MAC addresses in nine notations."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re

from scanner.mac_address import normalise_mac
from scanner.sources.json_access import whole_number

_TEXT_TIMES = ("%a %b %d %H:%M:%S %Y", "%Y/%m/%d %H:%M:%S", "%Y%m%dT%H%M%S%f")
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,12})?")
_LATEST = 4_102_444_800  # the year 2100

_GROUPS = re.compile(r"[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4,5}")
_RUNS = re.compile(
    r"(?:[0-9a-f]{4}([.:-])[0-9a-f]{4}\1[0-9a-f]{4}(?:\1[0-9a-f]{2})?|[0-9a-f]{6}[:-][0-9a-f]{6}|[0-9a-f]{12})"
)
_ETHERNET_TYPE = "01"

MAC_PATTERN = (
    r"(?:[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}"
    r"|[0-9A-Fa-f]{6}-[0-9A-Fa-f]{6})"
)
"""A MAC address inside a line of text, in the notations that cannot be anything else."""


def utc_moment(value: object) -> str | None:
    """A time as an RFC 3339 time of whole seconds in UTC; None where it cannot be read.

    Epoch seconds, milli-, micro- or nanoseconds, as number or text; ISO 8601 with any fraction, with or without
    zone (without: UTC); ``Wed Aug  5 10:00:00 2026``; ``2026/08/05 10:00:00``; ``20260805T100000123``.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        if len(value) > 64:
            return None
        if not _NUMBER.fullmatch(value):
            return _from_text(value)
    if not isinstance(value, (str, int, float)):
        return None
    try:
        seconds = float(value)
        for bound, factor in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
            if seconds > bound:
                seconds /= factor
                break
    except (ValueError, OverflowError):
        return None
    return _written(dt.datetime.fromtimestamp(seconds, dt.UTC)) if 0 < seconds < _LATEST else None


def _from_text(text: str) -> str | None:
    if len(text) < 8 or not text[-1:].isalnum():
        return None
    try:
        return _written(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    for form in _TEXT_TIMES:
        try:
            return _written(dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC))
        except ValueError:
            continue
    return None


def _written(moment: dt.datetime) -> str | None:
    try:
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if 1970 <= moment.year < 2100 else None


def any_mac(text: str | None) -> str | None:
    """A station's MAC address in any notation as ``aa:bb:cc:dd:ee:ff``; None for groups and for what is none.

    Besides the usual ones: ``aabb.ccdd.eeff``, ``aabb-ccdd-eeff``, ``aabbcc-ddeeff``, ``0:c:29:1:2:3``, and DHCP
    client identifiers, which put the hardware type ``01`` before it.
    """
    text = (text or "").strip().lower()
    if len(text) > 32:
        return None
    if _GROUPS.fullmatch(text):
        digits = "".join(group.zfill(2) for group in re.split("[:-]", text))
    elif _RUNS.fullmatch(text):
        digits = re.sub("[.:-]", "", text)
    else:
        return None
    if len(digits) == 14:
        if not digits.startswith(_ETHERNET_TYPE):
            return None
        digits = digits[2:]
    if int(digits[:2], 16) & 1:  # broadcast and multicast
        return None
    return normalise_mac(digits)


def ip_text(value: object) -> str | None:
    """An address in its normal form, without zone; from an integer (IPv4) too; None for what is none."""
    number = whole_number(value)
    try:
        if number is not None:
            return str(ipaddress.IPv4Address(number)) if number > 0xFFFF else None
        return str(ipaddress.ip_address(value.strip().partition("%")[0])) if isinstance(value, str) else None
    except ValueError:
        return None
