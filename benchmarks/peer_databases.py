"""Reads Recog's and nmap's own databases from where the user has them, and asks them about observations.

Recog: https://github.com/rapid7/recog (``xml/*.xml``); nmap: ``nmap-service-probes`` of an installation. Both are
written for other regular expression engines; what Python's does not take is left out and counted.
"""

from __future__ import annotations

import re
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from fingerprints.observation import Observation

RECOG_FIELDS: Mapping[str, tuple[str, ...]] = {
    "http_header.server": ("http.server",),
    "http_header.wwwauth": ("http.auth",),
    "http_header.cookie": ("http.cookies",),
    "html_title": ("http.title",),
    "favicon.md5": ("http.favicon_md5",),
    "rtsp_header.server": ("rtsp.server",),
    "snmp.sys_description": ("snmp.sysdescr",),
    "snmp.sys_object_id": ("snmp.sysobjectid",),
    "ftp.banner": ("ftp.banner",),
    "telnet.banner": ("telnet.banner",),
    "ssh.banner": ("ssh.banner",),
    "smtp.banner": ("smtp.banner",),
    "sip_header.server": ("sip.server",),
    "sip_header.user_agent": ("sip.user_agent",),
    "x509.subject": ("tls.subject",),
    "x509.issuer": ("tls.issuer",),
    "dhcp_vendor_class": ("dhcp.vendor_class",),
    "mdns.device-info.txt": ("mdns.txt",),
    "upnp.server": ("ssdp.server",),
}
"""What Recog's ``matches`` means in an observation."""

WINDOW = 4_096
LIMIT_SECONDS = 0.2
_FLAGS = {"REG_ICASE": re.IGNORECASE, "REG_DOT_NEWLINE": re.DOTALL, "REG_MULTILINE": re.MULTILINE}
_VENDOR_PARTS = ("hw.vendor", "os.vendor", "service.vendor")
_MODEL_PARTS = ("hw.model", "hw.product", "os.product")


@dataclass(frozen=True)
class Said:
    """What a peer says of an observation."""

    manufacturer: str | None = None
    model: str | None = None
    device: str | None = None
    """Its own word for the kind of device."""


@dataclass(frozen=True)
class _Pattern:
    find: Callable[[str], re.Match[str] | None]
    parts: Mapping[str, str]
    """By name; ``$1`` and the like stand for what a group captured."""


@dataclass
class PeerDatabase:
    """Patterns by where they look, in the order in which they are tried; the first that matches counts."""

    patterns: dict[str, list[_Pattern]] = field(default_factory=lambda: defaultdict(list))
    left_out: int = 0

    def add(self, where: str, pattern: str, flags: int, parts: Mapping[str, str]) -> None:
        """Takes a pattern in, or counts it as left out."""
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError):
            self.left_out += 1
            return
        # ``search`` would try a pattern that is tied to the start at every place of the text.
        tied = pattern.startswith("^") and "|" not in pattern and not flags & re.MULTILINE
        self.patterns[where].append(_Pattern(compiled.match if tied else compiled.search, parts))

    def first(self, where: str, text: str) -> dict[str, str] | None:
        """The parts of the first pattern that matches, captured groups put in."""
        for pattern in self.patterns.get(where, ()):
            found = _find_in_time(pattern, text[:WINDOW])
            if found:
                groups = [found.group(0), *(group or "" for group in found.groups())]
                return {name: _filled(value, groups) for name, value in pattern.parts.items()}
        return None


class _TooLong(Exception):
    pass


def _find_in_time(pattern: _Pattern, text: str) -> re.Match[str] | None:
    """The match; None where it takes too long: the peers' own engines have a limit too, Python's has none."""

    def stop(_number: int, _frame: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
    try:
        return pattern.find(text)
    except _TooLong:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _filled(value: str, groups: list[str]) -> str:
    def group(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return groups[number] if number < len(groups) else ""

    return re.sub(r"\$(\d)", group, value).strip()


def read_recog(folder: Path) -> PeerDatabase:
    """The fingerprints in ``folder`` (a checkout, or its ``xml`` folder)."""
    database = PeerDatabase()
    folder = folder / "xml" if (folder / "xml").is_dir() else folder
    for path in sorted(folder.glob("*.xml")):
        _RecogFile(database).read(path)
    return database


class _RecogFile:
    """Reads one file as a stream of elements."""

    def __init__(self, database: PeerDatabase) -> None:
        self._database = database
        self._where = ""
        self._pattern: tuple[str, int] | None = None
        self._parts: dict[str, str] = {}

    def read(self, path: Path) -> None:
        """Takes in every fingerprint of the file."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(path.read_bytes(), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "fingerprints":
            self._where = attributes.get("matches", "")
        elif name == "fingerprint":
            words = re.split(r"[|, ]+", attributes.get("flags", ""))
            self._pattern = attributes.get("pattern", ""), sum(_FLAGS.get(word, 0) for word in set(words))
            self._parts = {}
        elif name == "param" and self._pattern:
            position = attributes.get("pos", "0")
            value = attributes.get("value", "") if position == "0" else f"${position}"
            self._parts[attributes.get("name", "")] = value

    def _end(self, name: str) -> None:
        if name == "fingerprint" and self._pattern:
            # Ruby's \h is a hexadecimal digit, \z and \Z the end of the text.
            text = self._pattern[0].replace(r"\h", "[0-9a-fA-F]").replace(r"\z", r"\Z")
            self._database.add(self._where, text, self._pattern[1], self._parts)
            self._pattern = None


def recog_says(database: PeerDatabase, observation: Observation) -> Said:
    """What Recog says: of all fields, the first vendor of hardware, else of the system, else of the service."""
    told = [
        parts
        for where, names in RECOG_FIELDS.items()
        for name in names
        for text in observation.texts(name)
        if (parts := database.first(where, text)) is not None
    ]
    for vendor in _VENDOR_PARTS:
        for parts in told:
            if parts.get(vendor):
                model = next((parts[name] for name in _MODEL_PARTS if parts.get(name)), None)
                return Said(parts[vendor], model, parts.get("hw.device") or parts.get("os.device"))
    return Said()


_MATCH = re.compile(r"(?:soft)?match (\S+) m(.)(.*)$")
_PART = re.compile(r" (?:([pviohd])|(cpe):)(?:/([^/]*)/|\|([^|]*)\||=([^=]*)=|%([^%]*)%|@([^@]*)@)a?")


def read_nmap(path: Path) -> PeerDatabase:
    """The ``match`` lines of ``nmap-service-probes``; soft ones name no product and are left aside."""
    database = PeerDatabase()
    for line in path.read_text("latin-1").splitlines():
        if not line.startswith("match "):
            continue
        found = _MATCH.match(line)
        pattern, _, rest = found.group(3).partition(found.group(2)) if found else ("", "", "")
        if not found or not pattern:
            database.left_out += 1
            continue
        letters = re.match(r"[is]*", rest)
        flags = sum(
            {"i": re.IGNORECASE, "s": re.DOTALL}[letter] for letter in set(letters.group() if letters else "")
        )
        parts: dict[str, str] = {}
        for part in _PART.finditer(rest):
            value = next(text for text in (*part.groups()[2:], "") if text is not None)
            parts.setdefault(part.group(1) or part.group(2) + value[:1], value)
        database.add(found.group(1), pattern, flags, parts)
    return database


def nmap_says(database: PeerDatabase, observation: Observation) -> Said:
    """What nmap says of the reply, put together from the observation's fields."""
    for service, reply in nmap_replies(observation):
        parts = database.first(service, reply)
        if parts is not None:
            hardware = parts.get("cpeh") or parts.get("cpeo") or parts.get("cpea") or ""
            cpe = hardware.split(":")
            vendor = cpe[1].replace("_", " ") if len(cpe) > 1 else None
            return Said(vendor or (parts.get("p") or "").split(" ")[0] or None, None, parts.get("d"))
    return Said()


def nmap_replies(observation: Observation) -> Iterator[tuple[str, str]]:
    """The observation as replies that nmap's patterns are written for, each with nmap's name of the service."""
    for service in ("ftp", "telnet", "ssh", "smtp"):
        for banner in observation.texts(f"{service}.banner"):
            yield service, banner if banner.endswith("\n") else f"{banner}\r\n"
    for protocol, service, version in (("http", "http", "HTTP/1.0"), ("rtsp", "rtsp", "RTSP/1.0")):
        head = list(observation.texts(f"{protocol}.headers"))
        status = next(iter(observation.texts(f"{protocol}.status")), "200")
        if not head:
            stated = {"Server": f"{protocol}.server", "WWW-Authenticate": f"{protocol}.auth"}
            said = [f"{name}: {text}" for name, key in stated.items() for text in observation.texts(key)]
            title = "".join(f"<title>{text}</title>" for text in observation.texts(f"{protocol}.title"))
            if not (said or title or observation.texts(f"{protocol}.body")):
                continue
            head = [f"{version} {status} OK", *said]
        else:
            title = ""
        body = "".join(observation.texts(f"{protocol}.body")) or title
        yield service, "\r\n".join([*head, "", body])
    for raw in observation.texts("banner.raw"):
        for service in ("http", "rtsp", "ftp", "telnet", "ssh", "sip"):
            yield service, raw
