from __future__ import annotations

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, Item
from scanner.sources.zmap_csv import read_zmap


def read(document: bytes) -> list[Item]:
    return list(read_zmap([document], "zmap.csv"))


def test_bare_addresses() -> None:
    items = read(b"192.0.2.10\n192.0.2.11\n192.0.2.300\n2001:db8::1\n192.0.")
    assert [item.ip for item in items if isinstance(item, Observation)] == [
        "192.0.2.10",
        "192.0.2.11",
        "2001:db8::1",
    ]
    assert [str(item) for item in items if isinstance(item, BadLine)] == [
        "zmap.csv, line 3: not a row of a ZMap result",
        "zmap.csv, line 5: the last line is cut off",
    ]


def test_rows_with_what_was_asked_for() -> None:
    document = (
        b"saddr,sport,ttl,classification,success,timestamp_str,data\n"
        b"192.0.2.10,80,52,synack,1,2026-08-05T10:00:00.000+0000,\n"
        b"192.0.2.11,80,52,rst,0,2026-08-05T10:00:00.000+0000,\n"
        b"192.0.2.12,1900,52,udp,1,2026-08-05T10:00:00.000+0000,"
        + b"HTTP/1.1 200 OK\r\nSERVER: Linux UPnP\r\nST: x\r\nUSN: y\r\n\r\n".hex().encode()
        + b"\n192.0.2.13,80,52"
    )
    tcp, udp, bad = read(document)
    assert tcp == Observation(
        source="zmap-file", observed_at="2026-08-05T10:00:00Z", ip="192.0.2.10", port=80, transport="tcp"
    )
    assert isinstance(udp, Observation)
    assert (udp.transport, udp.service, udp.fields["ssdp.server"]) == ("udp", "ssdp", "Linux UPnP")
    assert str(bad) == "zmap.csv, line 5: the last line is cut off"


def test_json_lines() -> None:
    items = read(
        b'{"saddr":"192.0.2.10","sport":554,"classification":"synack","success":1}\n{"saddr":"192.0.2.9","success":0}\n{"sad\n'
    )
    (first, bad) = items
    assert isinstance(first, Observation)
    assert (first.ip, first.port) == ("192.0.2.10", 554)
    assert isinstance(bad, BadLine)
