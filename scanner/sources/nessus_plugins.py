"""What Nessus' plugins wrote down about a service, as fields of an observation.

Only plugins that hold a reply, or a part of one, are known here, by their number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from scanner.sources.banner import banner_fields
from scanner.sources.shodan_certificate import distinguished_name
from scanner.sources.tool_values import any_mac
from scanner.sources.web_reply import whole_reply_fields

Fields = dict[str, object]

_MAX_OUTPUT = 262_144
_STATUS = re.compile(r"Response Code[ \t]*:[ \t]*(HTTP/\d(?:\.\d)?[ \t]+\d{3}[^\r\n]{0,200})")
_HEADERS = re.compile(r"Headers[ \t]*:[ \t]*\r?\n\s*\n(.{0,16384}?)(?:\n[ \t]*\r?\n|\Z)", re.S)
_BODY = re.compile(r"Response Body[ \t]*:[ \t]*\r?\n\s*\n(.*)", re.S)
_SNIP = re.compile(r"-{2,20} ?snip ?-{2,20}\r?\n(.*?)(?:\r?\n-{2,20} ?snip|\Z)", re.S)
_LABEL = re.compile(r"^[ \t]*([A-Za-z][A-Za-z0-9 ()-]{0,40}?)[ \t]*:[ \t]*(.{0,1000}?)[ \t\r]*$", re.M)
_MAC = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
_NAME_PARTS = {
    "Country": "C", "State/Province": "ST", "State": "ST", "Locality": "L", "Organization": "O",
    "Organization Unit": "OU", "Common Name": "CN",
}  # fmt: skip
_UPNP = {
    "friendlyname": "upnp.friendly_name",
    "manufacturer": "upnp.manufacturer",
    "modelname": "upnp.model_name",
    "modelnumber": "upnp.model_number",
    "modeldescription": "upnp.model_description",
    "serialnumber": "upnp.serial",
    "udn": "upnp.udn",
}
_MAC_PLUGINS = ("35716", "86420")


def plugin_fields(plugin: str | None, output: str | None) -> Fields:
    """The fields in the output of the plugin with this number; empty for all that hold no reply. Total."""
    read = _PLUGINS.get(plugin or "")
    if read is None or not output:
        return {}
    return {name: value for name, value in read(output[:_MAX_OUTPUT]).items() if value is not None}


def plugin_mac(plugin: str | None, output: str | None) -> str | None:
    """The MAC address that a plugin found, where it found one only."""
    if plugin not in _MAC_PLUGINS or not output:
        return None
    found = {any_mac(text) for text in _MAC.findall(output[:_MAX_OUTPUT])} - {None}
    return found.pop() if len(found) == 1 else None


def _after_heading(output: str) -> str:
    """The text behind the first line that ends with a colon."""
    return re.split(r":[ \t]*\r?\n", output, maxsplit=1)[-1].strip()


def _server(output: str) -> Fields:
    return {"http.server": _after_heading(output).split("\n", 1)[0].strip() or None}


def _page(output: str) -> Fields:
    status, headers, body = _STATUS.search(output), _HEADERS.search(output), _BODY.search(output)
    if status is None:
        return {}
    lines = [line.strip() for line in headers[1].split("\n") if ":" in line] if headers else []
    head = "\r\n".join([status[1].strip(), *lines, "", ""])
    fields = whole_reply_fields(head, body[1] if body else None)
    fields.pop("banner.raw")  # white space in front of the lines is the plugin's
    return fields


def _certificate(output: str) -> Fields:
    found: Fields = {}
    for field, heading in (("tls.subject", "Subject Name"), ("tls.issuer", "Issuer Name")):
        _, there, rest = output.partition(f"{heading}:")
        if there:
            block = re.split(r"\n[ \t]*\r?\n", rest.lstrip(), maxsplit=1)[0]
            found[field] = distinguished_name(
                {key: value for label, value in _labels(block).items() if (key := _NAME_PARTS.get(label))}
            )
    told = _labels(output)
    serial = told.get("Serial Number", "").replace(" ", "").lower()
    digest = told.get("SHA-256 Fingerprint", "").replace(" ", "").lower()
    found["tls.serial"] = (serial.lstrip("0") or "0") if re.fullmatch("[0-9a-f]{1,80}", serial) else None
    found["tls.sha256"] = digest if re.fullmatch("[0-9a-f]{64}", digest) else None
    return found


def _labels(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, value in re.findall(
        r"(?m)^[ \t]*([A-Za-z][A-Za-z0-9 /-]{0,40}?)[ \t]*:[ \t]*([^\r\n]{1,1000})", text
    ):
        found.setdefault(label, value.strip())
    return found


def _greeting(service: str) -> Callable[[str], Fields]:
    def read(output: str) -> Fields:
        snipped = _SNIP.search(output)
        text = snipped[1] if snipped else _after_heading(output)
        return dict(banner_fields(text.encode("utf-8", "replace"), service=service)[1])

    return read


def _ssh(output: str) -> Fields:
    found = re.search(r"SSH version[ \t]*:[ \t]*(SSH-[^\r\n]{1,500})", output)
    return {"ssh.banner": found[1].strip()} if found else {}


def _rtsp(output: str) -> Fields:
    found = re.search(r"Server Type[ \t]*:[ \t]*([^\r\n]{1,500})", output)
    reply = output.find("RTSP/1.0 ")
    told = dict(banner_fields(output[reply:].encode("utf-8", "replace"))[1]) if reply >= 0 else {}
    return {**told, "rtsp.server": found[1].strip()} if found else told


def _upnp(output: str) -> Fields:
    labels = {label.lower(): value for label, value in _LABEL.findall(output)}
    return {field: labels[label] for label, field in _UPNP.items() if labels.get(label)}


def _snmp(output: str) -> Fields:
    found = re.search(r"sysDescr[ \t]*:[ \t]*([^\r\n]{1,1000})", output)
    name = re.search(r"sysName[ \t]*:[ \t]*([^\r\n]{1,255})", output)
    return {
        "snmp.sysdescr": found[1].strip() if found else None,
        "snmp.sysname": name[1].strip() if name else None,
    }


_PLUGINS: dict[str, Callable[[str], Fields]] = {
    "10107": _server,
    "24260": _page,
    "10863": _certificate,
    "10267": _ssh,
    "10092": _greeting("ftp"),
    "10281": _greeting("telnet"),
    "10263": _greeting("smtp"),
    "10762": _rtsp,
    "35712": _upnp,
    "10800": _snmp,
}
