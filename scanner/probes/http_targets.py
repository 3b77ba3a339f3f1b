"""Where a GET may go: a redirect is followed to the same address only, and never to a path of a known exploit.

The forbidden paths are those of public advisories (CVE-2017-7921 ``?auth=``, CVE-2021-36260 ``webLanguage``,
CVE-2017-7925 ``current_config``, CVE-2019-9680 ``webCapsConfig``, traversals), of logins and initialisation
(``RPC2``, ``OutsideCmd``, ``ISAPI``), and of configuration exports.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from scanner.ports import asking_for, never_touched, ranked_ports

_MAX_LOCATION = 2_048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_IN_TARGET = "/?=&%:@!~+,;.-_*'()#$[]"
_FORBIDDEN = re.compile(
    r"""\.\. | [?&]auth= | /cgi-bin/.*[;|`$<>\\] | /rpc2 | /web_?caps | /sdk/(?:weblanguage|language)
      | /current_config | /outsidecmd | /onvif-http/ | /isapi/ | /device\.rsp | system\.ini | \.htpasswd
      | /mnt/mtd | configuration_?file | reboot | factory_?reset | restore_?default""",
    re.VERBOSE | re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_WEB_PORTS = frozenset({21, 22, 23, 25, 53, 554, 2323, 9000, 9010, 9020, 34567, 37777, 37778})
"""Ports of other services and of makers' control protocols, where a request for a page is out of place."""
_CREDENTIALS = re.compile(r"(?:user(?:name)?|usr|pass(?:word|wd)?|pwd|auth)", re.IGNORECASE)


class Hop(NamedTuple):
    """One GET at the address under test: the port, whether over TLS, and the path with its query."""

    port: int
    tls: bool
    path: str

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.tls else "http"


def host_header(ip: str, hop: Hop) -> str:
    """The Host header's value; the port where it is not the scheme's own."""
    host = f"[{ip.partition('%')[0]}]" if ":" in ip else ip
    return host if hop.port == _DEFAULT_PORTS[hop.scheme] else f"{host}:{hop.port}"


def absolute(location: str, ip: str, hop: Hop) -> str | None:
    """``location`` as an absolute address for a report, harmless to print; None if it cannot be read."""
    try:
        joined = urljoin(f"{hop.scheme}://{host_header(ip, hop)}{hop.path}", location[:_MAX_LOCATION].strip())
        return quote(joined, safe=_SAFE_IN_TARGET)[:_MAX_LOCATION]
    except ValueError:
        return None


def redirect_hop(location: str, ip: str, hop: Hop) -> Hop | None:
    """The GET that a redirect from ``hop`` leads to; None where it may not be followed.

    Followed are http and https, the same address written as an address, the same port or one that is known
    for web pages, and a path that is not forbidden and carries no credentials.
    """
    if len(location) > _MAX_LOCATION:
        return None
    url = absolute(location, ip, hop)
    try:
        parts = urlsplit(url or "")
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or not _same_address(host, ip) or "@" in parts.netloc:
        return None
    port = _DEFAULT_PORTS[scheme] if port is None else port
    if port != hop.port and not _serves_pages(port):
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Hop(port, scheme == "https", path) if path_is_allowed(path) else None


def announced_hop(url: str, ip: str) -> Hop | None:
    """The request that an address which a device announced leads to; None where it may not be made.

    Followed are http and https to the announcing address itself, written as an address: any port but those that
    are never touched or speak a protocol of their own, any path but the forbidden ones.
    """
    if len(url) > _MAX_LOCATION or _CONTROL.search(url.strip()):
        return None
    try:
        parts = urlsplit(quote(url.strip(), safe=_SAFE_IN_TARGET))
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or not _same_address(host, ip) or "@" in parts.netloc:
        return None
    port = _DEFAULT_PORTS[scheme] if port is None else port
    if port == 0 or port in never_touched() or port in _NO_WEB_PORTS:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Hop(port, scheme == "https", path) if path_is_allowed(path) else None


def path_is_allowed(path: str) -> bool:
    """Whether a path with its query may be asked for: one printable line, not forbidden, no credentials."""
    if not path.startswith("/") or re.search(r"[^\x21-\x7e]", path):
        return False
    plain = unquote(unquote(path))
    if _FORBIDDEN.search(plain) or _FORBIDDEN.search(path):
        return False
    query = plain.partition("?")[2]
    try:
        names = [name for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=64)]
    except ValueError:
        return False
    return not any(_CREDENTIALS.fullmatch(name) for name in names)


def _same_address(host: str | None, ip: str) -> bool:
    try:
        return ipaddress.ip_address(host or "") == ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False


def _serves_pages(port: int) -> bool:
    ranked = port in ranked_ports() and port not in never_touched()
    return ranked and asking_for(port) in ("http", "https", "auto")
