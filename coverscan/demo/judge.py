"""The rules of polite, read-only scanning, as the emulated devices check them on the bytes that reach them.

A rule is broken by what logs in, tries a known hole, changes something, or touches what must be left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

BrokenRule = tuple[str, str]
"""The rule that was broken, and the text that broke it."""

_REQUEST_LINE = re.compile(rb"^([A-Za-z_-]{1,32})[ \t]+(\S{1,8192})[ \t]+(HTTP|RTSP|SIP)/\d", re.MULTILINE)
_CREDENTIAL_HEADER = re.compile(
    rb"^[ \t]*(authorization|proxy-authorization|cookie|x-auth-token)[ \t]*:[^\r\n]*\S", re.I | re.M
)
_SOAP_CREDENTIAL = re.compile(rb"<(?:[\w.-]{1,40}:)?(UsernameToken|Password)\b", re.IGNORECASE)
_ABSOLUTE = re.compile(r"^[a-z]+://[^/?#]*", re.IGNORECASE)

# Paths that log in, are known holes, or give away what is not public: whole paths, then beginnings.
_FORBIDDEN_PATHS = frozenset(
    {"/sdk/weblanguage", "/sdk/language", "/rpc2", "/rpc2_login", "/rpc_loadfile", "/outsidecmd"}
    | {"/cgi-bin/audio.cgi", "/mnt/mtd/config", "/dologin"}
)
_FORBIDDEN_BEGINNINGS = (
    "/current_config/",
    "/web_caps/",
    "/onvif-http/",
    "/isapi/security/",
    "/psia/security/",
    "/system/configurationfile",
)
_CHANGING_WORDS = (
    *("set", "add", "create", "modify", "delete", "remove", "start", "stop"),
    *("system", "reboot", "factory", "upgrade", "login"),
)
_RTSP_METHODS = frozenset((b"OPTIONS", b"DESCRIBE"))
_HTTP_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS"))
_SADP_TYPES = frozenset(("inquiry", "inquiry_v32"))
_DVRIP_SEARCH = re.compile(rb"^\xa3\x01\x00[\x00\x01]\x00{12}\x02\x00{15}$")


def rules_broken(service: str, transport: str, touch: str, data: bytes) -> Iterator[BrokenRule]:
    """The rules that a connection to, or a datagram at, a service of this kind breaks.

    ``touch`` says what may be done at the port; ``data`` is what came, possibly nothing.
    """
    if touch == "never":
        yield "a port that must never be touched", _excerpt(data)
    elif touch == "connect-only" and data:
        yield "bytes sent to a port where nothing may be sent", _excerpt(data)
    if transport == "udp":
        check = _DATAGRAM_RULES.get(service)
        if check is not None:
            yield from check(data)
        return
    yield from _credentials(data)
    for match in _REQUEST_LINE.finditer(data):
        method, target, protocol = match[1], match[2].decode("latin-1"), match[3]
        if protocol == b"RTSP":
            if method not in _RTSP_METHODS:
                yield "an RTSP method other than OPTIONS and DESCRIBE", _excerpt(match[0])
        elif protocol == b"SIP":
            if method != b"OPTIONS":
                yield "a SIP method other than OPTIONS", _excerpt(match[0])
        else:
            yield from _http_request(method, target, data)


def _credentials(data: bytes) -> Iterator[BrokenRule]:
    for match in _CREDENTIAL_HEADER.finditer(data):
        yield "a credential was sent", _excerpt(match[0])
    for match in _SOAP_CREDENTIAL.finditer(data):
        yield "a credential was sent in a SOAP header", _excerpt(match[0])


def _http_request(method: bytes, target: str, data: bytes) -> Iterator[BrokenRule]:
    path, _, query = _plain_path(target).partition("?")
    if method == b"POST":
        if not path.startswith("/onvif/"):
            yield "POST to something else than ONVIF", target
        elif (operation := _changing_operation(data)) is not None:
            yield "an ONVIF operation that changes something", operation
    elif method not in _HTTP_METHODS:
        yield "an HTTP method that may change something", _excerpt(method)
    reason = _forbidden_path(path, query)
    if reason is not None:
        yield reason, target


def _plain_path(target: str) -> str:
    """The path and query of a request target, decoded as often as a careless server would."""
    plain = _ABSOLUTE.sub("", target)
    for _ in range(3):
        plain = unquote(plain)
    return plain.lower().replace("\\", "/")


def _forbidden_path(path: str, query: str) -> str | None:
    collapsed = re.sub(r"/{2,}", "/", path)
    if ".." in path:
        return "a path that climbs out of the web root"
    if re.search(r"(?:^|&)auth=", query):
        return "a request with an authentication parameter"
    if collapsed in _FORBIDDEN_PATHS or collapsed.startswith(_FORBIDDEN_BEGINNINGS):
        return "a path that logs in or is a known hole"
    if collapsed == "/device.rsp" and "opt=user" in query:
        return "a path that logs in or is a known hole"
    if collapsed.startswith("/cgi-bin/") and re.search(r"[;|`$<>\r\n]", path + query):
        return "shell characters in a CGI request"
    return None


def _changing_operation(data: bytes) -> str | None:
    match = re.search(rb"<(?:[\w.-]{1,40}:)?Body\b[^>]{0,2000}>\s*<(?:[\w.-]{1,40}:)?(\w{1,80})", data)
    if match is None:
        return None
    name = match[1].decode("ascii", "replace")
    return name if name.lower().startswith(_CHANGING_WORDS) else None


def _sadp(data: bytes) -> Iterator[BrokenRule]:
    types = re.findall(r"<types>\s*([^<]{0,64}?)\s*</types>", data.decode("utf-8", "replace"), re.IGNORECASE)
    if not types or any(named not in _SADP_TYPES for named in types):
        yield "SADP other than an inquiry", _excerpt(data)


def _dhip(data: bytes) -> Iterator[BrokenRule]:
    start = data.find(b"{")
    try:
        method = json.loads(data[start:].rstrip(b"\r\n\0"))["method"] if start >= 0 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        method = None
    if method != "DHDiscover.search":
        yield "DHIP other than a search", _excerpt(data)


def _dvrip_search(data: bytes) -> Iterator[BrokenRule]:
    if not _DVRIP_SEARCH.match(data):
        yield "DVRIP other than a search", _excerpt(data)


def _ws_discovery(data: bytes) -> Iterator[BrokenRule]:
    action = re.search(rb"<(?:[\w.-]{1,40}:)?Action\b[^>]{0,500}>\s*([^<]{0,200}?)\s*<", data)
    if action is None or not action[1].endswith((b"/Probe", b"/Resolve", b"/UniviewProbe")):
        yield "WS-Discovery other than a probe", _excerpt(data)


def _ssdp(data: bytes) -> Iterator[BrokenRule]:
    if not data.startswith(b"M-SEARCH "):
        yield "SSDP other than a search", _excerpt(data)


_DATAGRAM_RULES: Mapping[str, Callable[[bytes], Iterator[BrokenRule]]] = {
    "sadp": _sadp,
    "dhip": _dhip,
    "dvrip-search": _dvrip_search,
    "ws-discovery": _ws_discovery,
    "ssdp": _ssdp,
}


def _excerpt(data: bytes) -> str:
    return data[:120].decode("latin-1").encode("unicode_escape").decode("ascii")
