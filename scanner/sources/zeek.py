"""Reads Zeek's logs, tab-separated or JSON: http, ssl, x509, ssh, ftp, software, known_services, dhcp, conn.

The responder of a connection is the endpoint, and counts where it answered. A file may hold several logs one
after the other; columns are taken by name. User names and passwords that http.log and ftp.log hold are never read.
Source: Zeek's base scripts and their test baselines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import SERVICES
from scanner.sources.certificate_names import rfc4514
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import port_number, text_of, texts_of
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import TextLine, text_lines
from scanner.sources.tool_values import any_mac, ip_text, utc_moment

SOURCE = "zeek-file"

Values = Mapping[str, str]
Fields = dict[str, object]

_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_ANSWERED = frozenset({"SF", "S1", "S2", "S3", "RSTO", "RSTR"})
_VERSIONS = {"SSLv3": "SSLv3", "TLSv10": "TLSv1", "TLSv11": "TLSv1.1", "TLSv12": "TLSv1.2", "TLSv13": "TLSv1.3"}


def read_zeek_tsv(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a tab-separated log; a header in the middle begins another log."""
    log = _Header()
    for line in text_lines(chunks, file):
        if isinstance(line, BadLine):
            yield line
        elif line.startswith("#"):
            log.take(line)
        elif not log.fields:
            yield BadLine(line.number, "a row without a #fields line before it", file)
        else:
            cells = line.split(log.separator)
            if len(cells) != len(log.fields):
                reason = f"{len(cells)} columns instead of {len(log.fields)}"
                yield BadLine(line.number, reason if line.ended else f"the last line is cut off: {reason}", file)
                continue
            yield from _from_values(log.path, log.values(cells))


class _Header:
    """What the lines that begin with ``#`` say about the rows that follow."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.path = ""
        self.fields: list[str] = []
        self._absent = {"-", "(empty)"}

    def take(self, line: TextLine) -> None:
        if line.startswith("#separator "):
            self.__init__()  # type: ignore[misc]
            self.separator = _unescaped(line.removeprefix("#separator ").strip()) or "\t"
            return
        name, *values = line[1:].split(self.separator)
        if name == "fields":
            self.fields = values
        elif name == "path" and values:
            self.path = values[0]
        elif name in ("empty_field", "unset_field") and values:
            self._absent.add(values[0])

    def values(self, cells: list[str]) -> dict[str, str]:
        pairs = zip(self.fields, cells, strict=True)
        return {name: _unescaped(cell) for name, cell in pairs if cell not in self._absent}


def _unescaped(text: str) -> str:
    if "\\x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def read_zeek_json(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a log in JSON lines; which log a line is of is told by its keys."""
    for found in json_records(chunks, file, document=document):
        if isinstance(found, BadLine):
            yield found
            continue
        line, record = found
        values = {name: ",".join(texts_of(value)) if isinstance(value, list) else text_of(value) or ""
                  for name, value in record.items()}  # fmt: skip
        values = {name: value for name, value in values.items() if value}
        path = values.get("_path") or _path_by_keys(values)
        if path is None and "ts" not in values:
            yield BadLine(line, "JSON, but not a Zeek record: it has no ts", file)
            continue
        yield from _from_values(path or "", values)


def _path_by_keys(values: Values) -> str | None:
    for path, keys in (
        ("conn", ("conn_state",)),
        ("http", ("trans_depth",)),
        ("ssl", ("cipher",)),
        ("ssl", ("established",)),
        ("dhcp", ("mac",)),
        ("dhcp", ("msg_types",)),
        ("known_services", ("port_num",)),
        ("software", ("software_type",)),
        ("ssh", ("auth_attempts",)),
    ):
        if all(key in values for key in keys):
            return path
    return None


def _from_values(path: str, values: Values) -> Iterator[Observation]:
    read = _LOGS.get(path)
    if read is None:
        return
    service, fields, endpoint = read(values)
    ip, port, transport = endpoint
    mac = any_mac(values.get("mac") if path == "dhcp" else values.get("resp_l2_addr"))
    if ip is None and mac is None:
        return
    kept = bounded_fields({name: value for name, value in fields.items() if value is not None})
    yield Observation(
        source=SOURCE,
        observed_at=utc_moment(values.get("ts")),
        ip=ip,
        port=port,
        transport=transport,
        service=service,
        mac=mac,
        hostname=values.get("host_name") if path == "dhcp" else None,
        fields=kept,
    )


Endpoint = tuple[str | None, int | None, str | None]
_NONE: Endpoint = (None, None, None)


def _responder(values: Values) -> Endpoint:
    return ip_text(values.get("id.resp_h")), port_number(values.get("id.resp_p")), values.get("proto", "tcp")


def _known(values: Values, port: str, transport: str | None) -> Endpoint:
    return ip_text(values.get("host")), port_number(values.get(port)), transport


def _http(values: Values) -> tuple[str | None, Fields, Endpoint]:
    if "status_code" not in values:
        return None, {}, _NONE
    path = values.get("uri", "/")
    told: Fields = {"http.status": values["status_code"], "http.path": path if path.startswith("/") else None}
    told["http.server"] = values.get("server")  # with the script that logs it
    return "http", told, _responder(values)


def _ssl(values: Values) -> tuple[str | None, Fields, Endpoint]:
    if values.get("established") not in ("T", None) and "subject" not in values:
        return None, {}, _NONE
    digest = values.get("cert_chain_fps", "").partition(",")[0]
    told: Fields = {
        "tls.subject": rfc4514(values.get("subject")),
        "tls.issuer": rfc4514(values.get("issuer")),
        "tls.version": _VERSIONS.get(values.get("version", "")),
        "tls.sha256": digest if re.fullmatch("[0-9a-f]{64}", digest) else None,
    }
    return None, told, _responder(values)


def _ssh(values: Values) -> tuple[str | None, Fields, Endpoint]:
    if "server" not in values:
        return None, {}, _NONE
    return "ssh", {"ssh.banner": values["server"]}, _responder(values)


def _software(values: Values) -> tuple[str | None, Fields, Endpoint]:
    kind, text = values.get("software_type", ""), values.get("unparsed_version")
    if kind == "HTTP::SERVER":
        return "http", {"http.server": text}, _known(values, "host_p", "tcp")
    if kind == "SSH::SERVER":
        return "ssh", {"ssh.banner": text}, _known(values, "host_p", "tcp")
    return None, {}, _NONE


def _services(values: Values) -> tuple[str | None, Fields, Endpoint]:
    return _named(values), {}, _known(values, "port_num", values.get("port_proto"))


def _conn(values: Values) -> tuple[str | None, Fields, Endpoint]:
    answered = values.get("conn_state") in _ANSWERED and values.get("proto") in ("tcp", "udp")
    return (_named(values), {}, _responder(values)) if answered else (None, {}, _NONE)


def _named(values: Values) -> str | None:
    names = [name.strip().lower() for name in values.get("service", "").split(",")]
    if "ssl" in names and "http" in names:
        return "https"
    return next((name for name in names if name in SERVICES), None)


def _dhcp(values: Values) -> tuple[str | None, Fields, Endpoint]:
    address = values.get("assigned_addr") or values.get("client_addr") or values.get("assigned_ip")
    told: Fields = {"dhcp.hostname": values.get("host_name"), "dhcp.vendor_class": values.get("vendor_class")}
    return "dhcp", told, (ip_text(address), None, None)


_LOGS: dict[str, Callable[[Values], tuple[str | None, Fields, Endpoint]]] = {
    "http": _http,
    "ssl": _ssl,
    "ssh": _ssh,
    "software": _software,
    "known_services": _services,
    "conn": _conn,
    "dhcp": _dhcp,
}
