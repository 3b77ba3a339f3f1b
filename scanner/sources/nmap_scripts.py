"""What nmap's scripts and its service detection wrote down about a port, as fields of an observation.

Scripts give text for people (``output``) and, since nmap 6, the same in elements. The elements are preferred.
Sources: the NSE documentation of each script (@output and @xmloutput), nmap's book on version detection.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from scanner.probes.header_block import parse_head, realm_of
from scanner.sources.banner import banner_fields
from scanner.sources.reply_text import Reply, http_fields
from scanner.sources.shodan_certificate import distinguished_name
from scanner.sources.tool_values import any_mac, utc_moment
from scanner.sources.xml_records import Element

Fields = dict[str, object]

_MAX_OUTPUT = 262_144
_MD5 = re.compile(r"\b[0-9A-Fa-f]{32}\b")
_REDIRECT = re.compile(r"(?:Did not follow redirect to|Requested resource was)[ \t]+(\S{1,2000})")
_NO_TITLE = re.compile(r"(?:Site doesn't have a title|Did not follow redirect to|Requested resource was)")
_STATUS = re.compile(r"HTTP/\d\.\d[ \t]+(\d{3})")
_REALM = re.compile(r"\brealm=(.{0,256}?)(?= (?:algorithm|charset|domain|nonce|opaque|qop|stale)=|\s*$)", re.M)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,65536})-----END CERTIFICATE-----")
_NETBIOS = re.compile(r"NetBIOS name: ([^,\r\n]{1,64}).{0,200}?NetBIOS MAC: ([0-9A-Fa-f:]{12,17})", re.S)
_SERVICE_REPLY = re.compile(r'%r\((\w{1,40}),[0-9A-Fa-f]{1,6},"((?:[^"\\]++|\\.)*+)"', re.S)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))", re.S)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NAME_KEYS = {
    "commonName": "CN",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "countryName": "C",
}
_UPNP = {
    "server": "ssdp.server",
    "location": "ssdp.location",
    "manufacturer": "upnp.manufacturer",
    "name": "upnp.friendly_name",
    "model name": "upnp.model_name",
    "model descr": "upnp.model_description",
    "model version": "upnp.model_number",
}


def script_fields(script: Element) -> Fields:
    """The fields that one ``script`` element holds; empty for scripts that tell nothing of ours. Total."""
    read = _SCRIPTS.get(script.get("id") or "")
    return {name: value for name, value in read(script).items() if value is not None} if read else {}


def service_fingerprint(text: str, transport: str) -> tuple[str | None, Fields]:
    """The replies inside a ``servicefp`` (the first few hundred bytes of each), the telling one read.

    nmap writes one where it knew the service but not the product, or nothing at all.
    """
    best: tuple[str | None, Fields] = (None, {})
    for name, escaped in _SERVICE_REPLY.findall(text[:_MAX_OUTPUT])[:32]:
        found = banner_fields(unescaped(escaped), transport=transport)
        if name == "GetRequest" and found[0] in ("http", "https"):
            return found
        if best[0] is None and (found[0] is not None or not best[1]):
            best = found
    return best


def unescaped(text: str) -> bytes:
    """The bytes behind ``HTTP/1\\.1\\x20200\\r\\n``."""

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _PLAIN_ESCAPES.get(found[2], found[2])

    return b"".join(
        piece.encode("latin-1") if piece.isascii() or max(piece) < "\u0100" else piece.encode("utf-8", "replace")
        for piece in _ESCAPE.sub(plain, text)
    )


def _output(script: Element) -> str:
    return script.attributes.get("output", "")[:_MAX_OUTPUT]


def _elements(script: Element) -> dict[str, str]:
    """The ``elem`` children by key; those without one by their number."""
    return {elem.get("key") or str(at): elem.text for at, elem in enumerate(script.every("elem"))}


def _title(script: Element) -> Fields:
    output, told = _output(script), _elements(script)
    redirect = _REDIRECT.search(output)
    location = told.get("redirect_url") or (redirect[1] if redirect else None)
    title = told.get("title")
    if title is None and not script.children and not _NO_TITLE.match(output.lstrip()):
        title = output.partition("\n")[0]
    return {
        "http.title": " ".join(title.split()) if title else None,
        "http.location": location if output.lstrip().startswith("Did not follow") else None,
    }


def _server(script: Element) -> Fields:
    lines = [text.strip() for text in _elements(script).values()] or _output(script).strip().splitlines()
    return {"http.server": next((line.strip() for line in lines if line.strip()), None)}


def _headers(script: Element) -> Fields:
    lines = [line.removeprefix("  ").rstrip("\r") for line in _output(script).split("\n")]
    lines = [line for line in lines if ":" in line and not line.lstrip().startswith("(Request type")]
    head = parse_head("\r\n".join(["HTTP/1.1 000", *lines, "", ""]).encode("utf-8", "replace"))
    found = http_fields(Reply("HTTP", head, ""))
    return found | {"http.status": None, "http.headers": list(head.lines[1:]) or None}


def _auth(script: Element) -> Fields:
    output = _output(script)
    status = _STATUS.search(output)
    realms = [elem.text for elem in script.every("table", "table", "elem") if elem.get("key") == "realm"]
    if not realms:
        realms = [found[1] for found in _REALM.finditer(output)]
    return {
        "http.status": status[1] if status else None,
        "http.auth_realm": realms[0].strip() if realms else realm_of((output,)),
    }


def _favicon(script: Element) -> Fields:
    digest = _MD5.search(_output(script))
    return {"http.favicon_md5": digest[0].lower() if digest else None}


def _certificate(script: Element) -> Fields:
    told = _elements(script)
    pem = _PEM.search(told.get("pem", "")) or _PEM.search(_output(script))
    if pem is not None:
        from scanner.probes.tls_certificate import certificate_fields  # loads cryptography

        try:
            return dict(certificate_fields(base64.b64decode("".join(pem[1].split()), validate=True)))
        except (binascii.Error, ValueError):
            pass
    tables = {table.get("key"): _elements(table) for table in script.every("table")}
    validity = tables.get("validity", {})
    sha256 = told.get("sha256", "").replace(" ", "").lower()
    return {
        "tls.subject": _name(tables.get("subject", {})),
        "tls.issuer": _name(tables.get("issuer", {})),
        "tls.not_before": utc_moment(validity.get("notBefore")),
        "tls.not_after": utc_moment(validity.get("notAfter")),
        "tls.sha256": sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else None,
        "tls.san": _alternative_names(script) or None,
    }


def _name(parts: dict[str, str]) -> str | None:
    return distinguished_name({_NAME_KEYS.get(key, key): value for key, value in parts.items() if value})


def _alternative_names(script: Element) -> list[str]:
    for extension in script.every("table", "table"):
        told = _elements(extension)
        if told.get("name") == "X509v3 Subject Alternative Name":
            names = (name.strip().partition(":") for name in told.get("value", "").split(","))
            return [value for kind, _, value in names if kind in ("DNS", "IP Address", "URI", "email") and value]
    return []


def _rtsp_methods(script: Element) -> Fields:
    return {"rtsp.public": " ".join(_output(script).split()) or None}


def _upnp(script: Element) -> Fields:
    found: Fields = {}
    for line in _output(script).splitlines():
        key, colon, value = line.strip().partition(": ")
        if colon and (field := _UPNP.get(key.lower())):
            found.setdefault(field, value.strip())
    return found


def _sysdescr(script: Element) -> Fields:
    return {"snmp.sysdescr": re.split(r"\n\s+System uptime:", _output(script))[0].strip() or None}


def _netbios(script: Element) -> Fields:
    found = _NETBIOS.search(_output(script))
    return {"netbios.name": found[1].strip()} if found else {}


def netbios_mac(script: Element) -> str | None:
    """The MAC address in ``nbstat``'s answer."""
    found = _NETBIOS.search(_output(script)) if script.get("id") == "nbstat" else None
    return any_mac(found[2]) if found else None


def _replies(script: Element) -> Fields:
    """``fingerprint-strings``: whole replies to nmap's probes, by probe."""
    best: Fields = {}
    for probe, text in _elements(script).items():
        service, found = banner_fields(text.strip().encode("utf-8", "replace"))
        if service is not None and ("GetRequest" in probe or not best):
            best = found
    return best


_SCRIPTS: dict[str, Callable[[Element], Fields]] = {
    "http-title": _title,
    "http-server-header": _server,
    "http-headers": _headers,
    "http-auth": _auth,
    "http-favicon": _favicon,
    "ssl-cert": _certificate,
    "rtsp-methods": _rtsp_methods,
    "upnp-info": _upnp,
    "snmp-sysdescr": _sysdescr,
    "nbstat": _netbios,
    "fingerprint-strings": _replies,
}
