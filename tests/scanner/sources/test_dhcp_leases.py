# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import pytest

from fingerprints.observation import Observation
from scanner.sources.dhcp_leases import (
    read_dnsmasq_leases,
    read_isc_leases,
    read_kea_leases,
    read_windows_leases,
)
from scanner.sources.reading import BadLine, Item

ISC = b"""# The format of this file is documented in the dhcpd.leases(5) manual page.
server-duid "\\000\\001";

lease 192.0.2.10 {
  starts 2 2026/08/04 12:57:04;
  ends never;
  cltt 3 2026/08/05 10:00:00;
  binding state active;
  next binding state free;
  hardware ethernet 44:19:b6:01:02:03;
  uid "\\001\\104\\031\\266;}";
  set vendor-class-identifier = "Some; Vendor {1}";
  client-hostname "cam\\0551";
}
lease 192.0.2.11 { starts epoch 1785924000; # Wed Aug 5
  binding state free; hardware ethernet 44:19:b6:01:02:04; }
lease 192.0.2.12 {
  binding state abandoned;
}
"""


def seen(items: list[Item]) -> list[tuple[str | None, str | None, str | None, str | None]]:
    return [
        (item.ip, item.mac, item.hostname, item.observed_at) for item in items if isinstance(item, Observation)
    ]


def bad(items: list[Item]) -> list[str]:
    return [str(item) for item in items if isinstance(item, BadLine)]


def test_isc() -> None:
    items = list(read_isc_leases([ISC], "dhcpd.leases"))
    assert seen(items) == [
        ("192.0.2.10", "44:19:b6:01:02:03", "cam-1", "2026-08-05T10:00:00Z"),
        ("192.0.2.11", "44:19:b6:01:02:04", None, "2026-08-05T10:00:00Z"),
    ]
    assert isinstance(items[0], Observation)
    assert items[0].fields == {"dhcp.hostname": "cam-1", "dhcp.vendor_class": "Some; Vendor {1}"}
    assert (items[0].service, items[0].port, bad(items)) == ("dhcp", None, [])


def test_isc_being_written() -> None:
    cut = ISC[: ISC.index(b"client-hostname")]
    items = list(read_isc_leases([cut], "dhcpd.leases"))
    assert seen(items) == [("192.0.2.10", "44:19:b6:01:02:03", None, "2026-08-05T10:00:00Z")]
    assert bad(items) == ["dhcpd.leases, line 4: the last lease has no end: the file was cut off"]
    items = list(read_isc_leases([ISC.replace(b'cam\\0551";\n}', b'cam1";')], "dhcpd.leases"))
    assert bad(items) == ["dhcpd.leases, line 4: a lease without an end"]
    assert len(seen(items)) == 2


@pytest.mark.parametrize("whole", [True, False])
def test_kea(whole: bool) -> None:
    document = (
        b"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
        b"192.0.2.10,44:19:b6:01:02:03,01:44:19:b6:01:02:03,3600,1785927600,1,0,0,cam1.example.,0,{ \"a\": 1 },0\n"
        b"192.0.2.11,44:19:b6:01:02:04,,0,1785927600,1,0,0,,0,,0\n192.0.2.12,,,3600,1785927600,1,0,0,,1,,0\n"
    ) + (b"" if whole else b"192.0.2.13,44:19:b6:01")  # fmt: skip
    items = list(read_kea_leases([document], "kea-leases4.csv"))
    assert seen(items) == [("192.0.2.10", "44:19:b6:01:02:03", "cam1.example", "2026-08-05T10:00:00Z")]
    assert bad(items) == ([] if whole else ["kea-leases4.csv, line 5: the last line is cut off"])


def test_kea_of_older_versions_and_six() -> None:
    old = b"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\n192.0.2.10,44:19:b6:01:02:03,,1,2,1,0,0,a&#x2cb\n"
    assert seen(list(read_kea_leases([old], "f")))[0][2] == "a,b"
    six = b"address,duid,valid_lifetime,expire,hwaddr\n2001:db8::1,00:01,3600,1785927600,44:19:b6:01:02:03\n"
    assert seen(list(read_kea_leases([six + six], "f")))[1][:2] == ("2001:db8::1", "44:19:b6:01:02:03")


def test_dnsmasq() -> None:
    document = (
        b"1785960000 44:19:b6:01:02:03 192.0.2.10 cam1 01:44:19:b6:01:02:03\n0 44:19:b6:01:02:04 192.0.2.11 * *\n"
        b"duid 00:01:00:01\n1785960000 6789 2001:db8::1 * 00:01\nbroken\n1785960000 44:19"
    )
    items = list(read_dnsmasq_leases([document], "dhcp.leases"))
    assert seen(items) == [
        ("192.0.2.10", "44:19:b6:01:02:03", "cam1", None),
        ("192.0.2.11", "44:19:b6:01:02:04", None, None),
        ("2001:db8::1", None, None, None),
    ]
    assert bad(items) == [
        "dhcp.leases, line 5: not a lease of dnsmasq",
        "dhcp.leases, line 6: the last line is cut off",
    ]


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
def test_windows(delimiter: bytes) -> None:
    document = (
        b"#TYPE Microsoft.Management.Infrastructure.CimInstance#root/Microsoft/Windows/DHCP/DhcpServerv4Lease\r\n"
        b'"IPAddress","ScopeId","ClientId","HostName","AddressState","LeaseExpiryTime"\r\n'
        b'"192.0.2.10","192.0.2.0","44-19-b6-01-02-03","cam1.example","Active","8/5/2026 10:00:00 AM"\r\n'
        b'"192.0.2.11","192.0.2.0","44-19-b6-01-02-04","","Declined","05.08.2026 10:00:00"\r\n'
        b'"192.0.2.12","192.0.2.0","44-19-b6-01-02-05","caf\xe9","InactiveReservation",""\r\n'
        b'"x","","","","Active",""\r\n'
    ).replace(b'","', b'"' + delimiter + b'"')
    items = list(read_windows_leases([document], "leases.csv"))
    assert seen(items) == [("192.0.2.10", "44:19:b6:01:02:03", "cam1.example", None)]
    assert bad(items) == ["leases.csv, line 6: a lease without IPAddress and ClientId"]
