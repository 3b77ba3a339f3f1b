from __future__ import annotations

import pytest

from fingerprints.observation import Observation
from scanner.sources.mac_table import read_mac_table


def places(text: bytes) -> list[tuple[str | None, str]]:
    items = list(read_mac_table([text], "mac.txt"))
    return [(item.mac, str(item.fields["asset.location"])) for item in items if isinstance(item, Observation)]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (b"   1    4419.b601.0203    DYNAMIC     Fa0/1", "switch port Fa0/1, VLAN 1"),
        (b"4419.b601.0203       Dynamic          1  FastEthernet0/1", "switch port FastEthernet0/1, VLAN 1"),
        (
            b"*    145        4419.b601.0203   dynamic  0          F      F    Eth1/10",
            "switch port Eth1/10, VLAN 145",
        ),
        (b"  10    4419.b601.0203    DYNAMIC     Et1/2      1       0:00:05 ago", "switch port Et1/2, VLAN 10"),
        (
            b"Vlan100             44:19:b6:01:02:03   DL            -   ge-0/0/12.0 [NH RTR]",
            "switch port ge-0/0/12.0, VLAN 100",
        ),
        (b"44:19:b6:01:02:03    20       dynamic                   1/1/5", "switch port 1/1/5, VLAN 20"),
        (b"  4419b6-010203     Trk1     17", "switch port Trk1, VLAN 17"),
        (b"  4419b6-010203     5        17", "switch port 5, VLAN 17"),
        (b"4419-b601-0203 1 Learned GigabitEthernet1/0/3 AGING", "switch port GigabitEthernet1/0/3, VLAN 1"),
        (b"4419-b601-0203 10/-/-         GE0/0/7             dynamic", "switch port GE0/0/7"),
        (b"\x1b[2J 1   44:19:b6:01:02:03    gi5   dynamic \r", "switch port gi5, VLAN 1"),
    ],
)
def test_an_entry_of_every_system(line: bytes, place: str) -> None:
    assert places(b"sw# show mac address-table\n--More--\nVlan Mac Address Type Ports\n" + line + b"\n") == [
        ("44:19:b6:01:02:03", place)
    ]


@pytest.mark.parametrize(
    "line",
    [
        b" All    0100.0ccc.cccc    STATIC      CPU",
        b"*    145        4419.b601.0203   static     -        F      F    Drop",
        b"   1    ffff.ffff.ffff    STATIC      Fa0/1",
        b"   1    4419.b601.0203    DYNAMIC     Router",
        b"Total Mac Addresses for this criterion: 2",
    ],
)
def test_what_is_no_station(line: bytes) -> None:
    assert places(line + b"\n") == []


def test_uplinks_are_told_apart_and_repeats_count_once() -> None:
    lines = [b"  1  4419.b601.%04x  DYNAMIC  Gi0/48" % number for number in range(20)]
    found = places(b"\n".join([*lines, *lines, b"  1  4419.b602.0001  DYNAMIC  Gi0/1"]))
    assert len(found) == 21
    assert found[0][1] == "switch port Gi0/48, VLAN 1 (many stations: an uplink)"
    assert found[-1][1] == "switch port Gi0/1, VLAN 1"
