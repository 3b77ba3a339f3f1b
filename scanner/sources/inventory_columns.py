"""Guesses which column of a table of devices holds what, from the headings and, where those may mean two things,
from the values; and turns its rows into observations. Used for any table: CSV here, spreadsheets elsewhere.

Columns that hold passwords, user names and the like are dropped, and named as dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.json_access import port_number
from scanner.sources.tool_values import any_mac, ip_text, utc_moment

MAX_HEADER_ROW = 20
_MIN_SHARE = 0.8
_MAX_ADDRESSES_IN_A_CELL = 16

_SYNONYMS = {
    "ip": (
        "ip ipaddress ipv4address ipv4 ipaddr assetipaddress deviceip cameraip hostip ipadresse adresseip "
        "direccionip ip地址 hardwareaddress ipv6address address host"
    ),
    "mac": (
        "mac macaddress macaddr physicaladdress hwaddr hwaddress ethernetaddress ethernet ethernetmac wlanmac "
        "devicemac mac地址 物理地址 hardwareaddress"
    ),
    "asset.manufacturer": (
        "manufacturer mfr mfg make vendor brand oem maker manufacturername hwvendor hersteller fabricant "
        "fabricante 厂商 品牌 macvendor"
    ),
    "asset.model": (
        "model modelno modelnumber modelname devicemodel cameramodel productmodel partnumber pn partno sku "
        "hwproduct modell modelo modele modelid 型号 设备型号 driverdisplayname product producttype devicetype type"
    ),
    "asset.serial": (
        "serial serialnumber serialno sn deviceserialno deviceserialnumber serialnum seriennummer "
        "numerodeserie 序列号 设备序列号"
    ),
    "asset.firmware": (
        "firmware firmwareversion fw fwversion softwareversion swversion firmwarerev firmwarerevision "
        "固件版本 软件版本 version"
    ),
    "hostname": (
        "hostname devicename cameraname name hardwarename nickname label displayname dnsname fqdn systemname "
        "设备名称 名称 description"
    ),
    "asset.location": "location site building floor room area campus sitename locationname standort 位置",
    "port": "httpport port webport http httpsport tcpport",
    "observed_at": "lastseen lastdiscovered lastcontact lastupdate lastupdated lastonline",
}
_NAMES = {field: tuple(words.split()) for field, words in _SYNONYMS.items()}
"""Headings by field, without case, spaces and signs, the plainest first."""

_SECRET = re.compile(
    r"password|passwd|pwd|passcode|\bpin\b|secret|community|credential|user ?_?name|login|^user$|密码|用户名", re.I
)
_AMBIGUOUS = frozenset({"address", "host", "hardwareaddress", "type", "devicetype", "product", "producttype"})
_MODEL = re.compile(
    r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9/()+._-]{2,60}(?: [A-Za-z0-9/()+._-]{1,40}){0,3}"
)
_NOTHING = frozenset({
    "", "-", "--", "?", "n/a", "na", "#n/a", "#ref!", "#value!", "none", "null", "unknown", "tbd", "'-", "nil",
})  # fmt: skip
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]{1,15}[eE]\+?[0-9]{1,3}")
_FORMULA = re.compile(r'=(?:HYPERLINK\()?"([^"]*)"(?:[;,][^)]*)?\)?', re.I)
_KNOWS_A_DEVICE = ("ip", "mac", "asset.serial", "asset.model", "asset.manufacturer")
_LISTED = re.compile(r"[\s,;|]+")


class ColumnMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What each column of a table was taken for.

    ``columns`` maps a heading to a field (``ip``, ``mac``, ``hostname``, ``port``, ``observed_at``, or one of the
    ``asset.*`` fields); ``dropped`` are headings of columns with secrets, ``ignored`` those of no use here.
    ``places`` are the columns' positions by field, ``line`` is the heading's.
    """

    columns: dict[str, str]
    dropped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    places: dict[str, tuple[int, ...]] = {}
    line: int = 1

    @property
    def useful(self) -> bool:
        """Whether a row can name a device."""
        return any(field in self.places for field in _KNOWS_A_DEVICE)


def guess_mapping(rows: Sequence[Sequence[str]]) -> tuple[int, ColumnMapping] | None:
    """The index of the heading among the first ``MAX_HEADER_ROW`` rows, and the mapping; None if there is none.

    A heading has two names that are known or more, of which one can name a device.
    """
    best: tuple[int, ColumnMapping] | None = None
    for index, row in enumerate(rows[:MAX_HEADER_ROW]):
        mapping = _map_columns(row, rows[index + 1 :])
        if (
            mapping.useful
            and len(mapping.columns) >= 2
            and (best is None or len(mapping.columns) > len(best[1].columns))
        ):
            best = index, mapping
    return best


def _map_columns(heading: Sequence[str], below: Sequence[Sequence[str]]) -> ColumnMapping:
    names = [_plain(cell) for cell in heading]
    secret = {at for at, cell in enumerate(heading) if _SECRET.search(cell)}
    taken: dict[int, str] = {}
    for field, synonyms in _NAMES.items():
        for synonym in synonyms:
            fitting = [
                at for at, name in enumerate(names) if name == synonym and at not in taken and at not in secret
            ]
            fitting = [at for at in fitting if synonym not in _AMBIGUOUS or _values_fit(field, at, below)]
            if not fitting:
                continue
            if field == "asset.location":
                taken |= dict.fromkeys(fitting, field)
                continue
            taken[fitting[0]] = field
            break
    places: dict[str, tuple[int, ...]] = {}
    for at in sorted(taken):
        places[taken[at]] = (*places.get(taken[at], ()), at)
    others = [at for at in range(len(heading)) if at not in taken and at not in secret and heading[at]]
    return ColumnMapping(
        columns={heading[at]: taken[at] for at in sorted(taken)},
        dropped=tuple(heading[at] for at in sorted(secret)),
        ignored=tuple(heading[at] for at in others),
        places=places,
    )


def _plain(heading: str) -> str:
    """A heading without case, spaces and signs; what stands in brackets behind it does not count."""
    return re.sub(r"[\W_]+", "", re.sub(r"\(.*\)", "", heading[:100]).casefold())


def _values_fit(field: str, at: int, below: Sequence[Sequence[str]]) -> bool:
    """Whether most of the values in a column are what ``field`` holds."""
    values = [value for row in below if at < len(row) and (value := cell_text(row[at])) is not None]
    if not values:
        return False
    return sum(_fits(field, value) for value in values) >= _MIN_SHARE * len(values)


def _fits(field: str, value: str) -> bool:
    if field == "ip":
        return bool(_addresses(value)[0])
    if field == "mac":
        return any_mac(value) is not None
    return field == "asset.model" and _MODEL.fullmatch(value) is not None


def cell_text(cell: str) -> str | None:
    """The value of a cell, without what spreadsheets wrap around it; None for an empty one."""
    text = cell.strip()
    if text.startswith("=") and (formula := _FORMULA.fullmatch(text)) is not None:
        text = formula[1].strip()
    text = text.removeprefix("'").strip()
    return None if text.casefold() in _NOTHING else text


def observations_from_row(
    cells: Sequence[str], mapping: ColumnMapping, source: str
) -> Iterator[Observation | str]:
    """The observations of a row, one for each address in it; a text says what could not be taken from it."""
    told = {
        field: value for field in mapping.places if (value := _joined(cells, mapping.places[field])) is not None
    }
    for field in ("mac", "asset.serial"):
        if _SCIENTIFIC.fullmatch(told.get(field, "")):
            yield f"the {field.removeprefix('asset.')} {told.pop(field)[:30]} was spoilt by a spreadsheet"
    addresses, port = _addresses(told.get("ip", ""))
    mac = any_mac(told.get("mac"))
    if told.get("ip") and not addresses:
        yield f"not an address: {told['ip'][:60]}"
    fields = {name: value for name, value in told.items() if name.startswith("asset.")}
    if not addresses and mac is None and not fields.keys() & {"asset.serial", "asset.model", "asset.manufacturer"}:
        if any(cell_text(cell) for cell in cells):
            yield "the row names no device: no address, MAC address, serial number, model or maker"
        return
    named: list[str | None] = [*addresses] or [None]
    for ip in named:
        yield Observation(
            source=source,
            observed_at=utc_moment(told.get("observed_at")),
            ip=ip,
            port=port or port_number(told.get("port", "").removesuffix(".0")),
            service="asset",
            mac=mac,
            hostname=told.get("hostname"),
            fields=bounded_fields(fields),
        )


def _joined(cells: Sequence[str], places: tuple[int, ...]) -> str | None:
    values = [value for at in places if at < len(cells) and (value := cell_text(cells[at])) is not None]
    return ", ".join(values) or None


def _addresses(text: str) -> tuple[list[str], int | None]:
    """The addresses in a cell, and the port where it is a URL or ``address:port``."""
    found: list[str] = []
    port: int | None = None
    for word in _LISTED.split(text[:2_048])[:_MAX_ADDRESSES_IN_A_CELL]:
        ip = ip_text(word) if not word.isdigit() else None
        if ip is None and (":" in word or "/" in word):
            try:
                parts = urlsplit(word if "://" in word else f"//{word}")
                ip, port = ip_text(parts.hostname or ""), parts.port or port
            except ValueError:
                continue
        if ip is not None and ip not in found:
            found.append(ip)
    return found, port
