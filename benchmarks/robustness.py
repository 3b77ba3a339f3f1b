"""How far conclusions hold when a record is changed in ways that leave the device the same.

usage: robustness.py CORPUS.jsonl [--changed N]

CORPUS.jsonl holds observations (a label, if there is one, is not read). Of each kind of change the share of records
is shown whose conclusion survives: the same manufacturer or candidates (the answer to "covered" hangs on these alone),
the same class, the same brand. Records that a change leaves as they are do not count. A changed version, model or
serial number must of course change the detail that repeats it, so those are not compared.
``--changed N`` shows N losses of each kind.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from fingerprints.database_loader import load_database
from fingerprints.identification import Identification
from fingerprints.identify import identify_observation
from fingerprints.matcher import Matcher
from fingerprints.observation import FIELDS, FieldValue, Observation
from scanner.sources.observation_lines import observation_from_line


class Record(NamedTuple):
    """An observation, and what was concluded from it as it came."""

    seen: Observation
    found: Identification


Change = Callable[[Record, random.Random], Observation]

HEADERS = ("http.headers", "rtsp.headers")
BANNERS = ("banner.raw", "ftp.banner", "telnet.banner", "ssh.banner", "smtp.banner")
LONG = ("http.body", "banner.raw", "rtsp.sdp")
KEPT_CHARS = 256
"""A body is cut here: less than any source keeps of a page."""

TELNET_OPTIONS = "\ufffd\ufffd\x01\ufffd\ufffd\x1f\ufffd\ufffd!\ufffd\ufffd\x03"
"""Telnet's option talk (IAC WILL ECHO …) as text, as it stands before a greeting that was not cleaned."""

_VERSION = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,5}(?:\.\d{1,7}){0,3})(?![\d.])")
_SERIAL = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]{0,8}\d)(?P<head>[0-9A-Z]{5,9})(?P<tail>\d{4,9})(?![0-9A-Za-z])")
_MAC = re.compile(r"(?i)\b((?:[0-9a-f]{2}([:-])){2}[0-9a-f]{2}\2)([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})\b")
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_PROTOCOL = re.compile(r"(?i)(?:HTTP|RTSP|UPnP|SSH|SIP|TLS|DTD XHTML|XHTML|HTML)[-/ ]$")
_FIXED = frozenset({"tls.serial", "snmp.sysobjectid", "http.favicon_md5", "http.favicon_mmh3", "tls.sha256"})
"""Fields whose digits are the identity itself."""


def with_fields(seen: Observation, texts: Callable[[str, str], str]) -> Observation:
    """``seen`` with ``texts(field, text)`` in place of every text."""
    changed: dict[str, FieldValue] = {}
    for name, value in seen.fields.items():
        if isinstance(value, str):
            changed[name] = texts(name, value)
        else:
            changed[name] = tuple(texts(name, text) for text in value)
    return msgspec.structs.replace(seen, fields=changed)


def consistently(
    seen: Observation, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> Observation:
    """``seen`` with each text that ``pattern`` finds replaced alike wherever it stands."""
    known: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        if _PROTOCOL.search(found.string[max(0, found.start() - 12) : found.start()]):
            return found[0]
        return known.setdefault(found[0], replace(found))

    return with_fields(seen, lambda name, text: text if name in _FIXED else pattern.sub(replaced, text))


def other_version(record: Record, generator: random.Random) -> Observation:
    """Version numbers with another last part; addresses and protocol versions stay."""

    def bumped(found: re.Match[str]) -> str:
        if _ADDRESS.fullmatch(found[0]):
            return found[0]
        head, _, tail = found[0].rpartition(".")
        return f"{head}.{(int(tail) + generator.randint(1, 8)) % 10 ** len(tail):0{len(tail)}d}"

    return consistently(record.seen, _VERSION, bumped)


def other_serial(record: Record, generator: random.Random) -> Observation:
    """Serial numbers with other last figures."""

    def renumbered(found: re.Match[str]) -> str:
        return found["head"] + "".join(generator.choice("0123456789") for _ in found["tail"])

    return consistently(record.seen, _SERIAL, renumbered)


def other_mac(record: Record, generator: random.Random) -> Observation:
    """Hardware addresses of the same block with another end."""

    def renumbered(found: re.Match[str]) -> str:
        tail = [f"{generator.randrange(256):02x}" for _ in range(3)]
        return found[1] + found[2].join(part.upper() if found[0].isupper() else part for part in tail)

    changed = consistently(record.seen, _MAC, renumbered)
    mac = record.seen.mac
    return msgspec.structs.replace(changed, mac=_MAC.sub(renumbered, mac)) if mac else changed


def other_model(record: Record, generator: random.Random) -> Observation:
    """Model numbers (as the record's own conclusion reads them) with another last figure."""
    seen, model = record.seen, record.found.model or ""
    places = [place for place, sign in enumerate(model) if sign.isdigit()]
    if len(model) < 4 or not places:
        return seen
    last = places[-1]
    other = model[:last] + str((int(model[last]) + generator.randint(1, 8)) % 10) + model[last + 1 :]
    return with_fields(seen, lambda name, text: text if name in _FIXED else text.replace(model, other))


def header_case(name_case: Callable[[str], str]) -> Change:
    """Header names in another case, as proxies and HTTP/2 leave them."""

    def cased(line: str) -> str:
        name, colon, value = line.partition(":")
        return name_case(name) + colon + value if colon and " " not in name else line

    return lambda record, _: with_fields(record.seen, lambda name, text: cased(text) if name in HEADERS else text)


def trailing_blanks(record: Record, _: random.Random) -> Observation:
    """A blank at the end of every text."""
    return with_fields(record.seen, lambda name, text: f"{text} " if FIELDS[name].max_chars > len(text) else text)


def line_ends(end: str) -> Change:
    """Other line ends in texts of several lines."""
    return lambda record, _: with_fields(record.seen, lambda _name, text: re.sub(r"\r\n|\n\r|\r|\n", end, text))


def cut_bodies(record: Record, _: random.Random) -> Observation:
    """Only the beginning of pages and banners."""
    return with_fields(record.seen, lambda name, text: text[:KEPT_CHARS] if name in LONG else text)


def other_port(record: Record, generator: random.Random) -> Observation:
    """A forwarded port."""
    seen = record.seen
    return msgspec.structs.replace(seen, port=generator.randint(20_000, 60_000)) if seen.port else seen


def no_port(record: Record, _: random.Random) -> Observation:
    """A source that does not tell port and service."""
    return msgspec.structs.replace(record.seen, port=None, service=None)


def lines_before(record: Record, _: random.Random) -> Observation:
    """Empty lines before a greeting, and Telnet's option talk before that of Telnet."""

    def preceded(name: str, text: str) -> str:
        return TELNET_OPTIONS + text if name == "telnet.banner" else text

    return with_fields(record.seen, preceded)


def greeting_lines(record: Record, _: random.Random) -> Observation:
    """A line of the operator's own before an FTP greeting, line ends after every greeting."""

    def wrapped(name: str, text: str) -> str:
        if name == "ftp.banner" and text.startswith("220 "):
            return f"220-Authorised use only\r\n{text}"
        return f"{text}\r\n" if name in BANNERS else text

    return with_fields(record.seen, wrapped)


def bare_certificate_names(record: Record, _: random.Random) -> Observation:
    """A blank after the commas of certificate names, as OpenSSL prints them."""

    def spaced(name: str, text: str) -> str:
        return (
            re.sub(r"(?<!\\),(?=[A-Za-z]{1,12}=)", ", ", text) if name in ("tls.subject", "tls.issuer") else text
        )

    return with_fields(record.seen, spaced)


CHANGES: Mapping[str, Change] = {
    "another version": other_version,
    "another model number": other_model,
    "another serial number": other_serial,
    "another hardware address": other_mac,
    "header names in small letters": header_case(str.lower),
    "header names in capitals": header_case(str.upper),
    "header names As Usual": header_case(str.title),
    "a blank at the end": trailing_blanks,
    "line ends CR LF": line_ends("\r\n"),
    "line ends LF": line_ends("\n"),
    f"bodies cut at {KEPT_CHARS}": cut_bodies,
    "another port": other_port,
    "no port, no service": no_port,
    "Telnet option talk first": lines_before,
    "more lines in a greeting": greeting_lines,
    "blanks in certificate names": bare_certificate_names,
}


def conclusion(found: Identification) -> tuple[object, ...]:
    """What has to survive: who made it, what it is, which label it bears."""
    return found.manufacturer, sorted(found.manufacturer_candidates), found.class_, found.brand


def main() -> int:
    """Print a line for each kind of change; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--changed", type=int, default=0, metavar="N", help="show N losses of each kind")
    given = parser.parse_args()
    matcher = Matcher(load_database())
    with given.corpus.open("rb") as lines:
        observations = [observation_from_line(line) for line in lines if line.strip()]
    records = [Record(seen, identify_observation(seen, matcher)) for seen in observations]
    lost: list[str] = []
    print(f"{'change':30} {'records':>8} {'kept':>8} {'share':>8}")
    for name, change in CHANGES.items():
        generator = random.Random(name)
        changed = kept = 0
        losses = []
        for record in records:
            other = change(record, generator)
            if other == record.seen:
                continue
            changed += 1
            then = conclusion(identify_observation(other, matcher))
            if then == conclusion(record.found):
                kept += 1
            else:
                losses.append(f"{name}: {record.seen.id}: {conclusion(record.found)} became {then}")
        share = f"{kept / changed:8.4f}" if changed else "       -"
        print(f"{name:30} {changed:8} {kept:8} {share}")
        lost += losses[: given.changed]
    for line in lost:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
