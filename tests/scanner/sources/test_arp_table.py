# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import pytest

from fingerprints.observation import Observation
from scanner.sources.arp_table import read_arp_table
from scanner.sources.reading import BadLine, Item


def read(text: bytes, *, document: bool = False) -> list[Item]:
    return list(read_arp_table([text], "arp.txt", document=document))


@pytest.mark.parametrize(
    "line",
    [
        b"? (192.0.2.10) at 44:19:b6:01:02:03 [ether] on eth1.100",
        b"? (192.0.2.10) at 44:19:b6:1:2:3 on en0 ifscope [ethernet]",
        b"  192.0.2.10            44-19-b6-01-02-03     dynamic",
        b"  192.0.2.10            44-19-b6-01-02-03     dynamisch\r",
        b"192.0.2.10 dev eth0 lladdr 44:19:b6:01:02:03 REACHABLE",
        b"192.0.2.10               ether   44:19:b6:01:02:03   C                     eth0",
        b"192.0.2.10\t44:19:b6:01:02:03\tHangzhou Hikvision Digital Technology Co.,Ltd. (DUP: 2)",
        b"Internet  192.0.2.10       -   4419.b601.0203  ARPA   Ethernet0/0",
        b"192.0.2.10      4419-b601-0203 20        D-0         GE1/0/1",
        b"44:19:b6:01:02:03 192.0.2.10      vlan.10   none",
        b"192.0.2.10       00:10:20  4419.b601.0203  Vlan10",
    ],
)
def test_an_entry_of_every_system(line: bytes) -> None:
    (found,) = read(b"Address HWtype HWaddress\n\nswitch# show arp\n" + line + b"\n")
    assert found == Observation(source="arp-table", ip="192.0.2.10", mac="44:19:b6:01:02:03", service="arp")


@pytest.mark.parametrize(
    "line",
    [
        b"? (192.0.2.10) at <incomplete> on eth0",
        b"? (192.0.2.10) at (incomplete) on en0",
        b"192.0.2.10 dev eth0 FAILED",
        b"  192.0.2.255           ff-ff-ff-ff-ff-ff     static",
        b"  224.0.0.22            01-00-5e-00-00-16     static",
        b"Interface: 192.0.2.5 --- 0x3",
        b"Interface: eth0, type: EN10MB, MAC: 00:00:5e:00:53:01",
        b"Ending arp-scan 1.9: 256 hosts scanned in 2.0 seconds",
        b"\xff\xfe\x00garbage",
    ],
)
def test_what_is_no_entry(line: bytes) -> None:
    assert read(line + b"\n") == []


def test_names_and_version_six() -> None:
    named, six = read(
        b"cam1.example (192.0.2.10) at 44:19:b6:01:02:03 on en0\nfe80::1%eth0 dev eth0 lladdr 44:19:b6:01:02:04 router STALE\n"
    )
    assert isinstance(named, Observation)
    assert isinstance(six, Observation)
    assert named.hostname == "cam1.example"
    assert (six.ip, six.mac) == ("fe80::1", "44:19:b6:01:02:04")


def test_json_of_ip_neigh() -> None:
    document = (
        b'[{"dst":"192.0.2.10","dev":"eth0","lladdr":"44:19:b6:01:02:03","state":["REACHABLE"]},'
        b'{"dst":"192.0.2.11","dev":"eth0","state":["FAILED"]}]\n'
    )
    (found,) = read(document, document=True)
    assert isinstance(found, Observation)
    assert (found.ip, found.mac) == ("192.0.2.10", "44:19:b6:01:02:03")
    assert isinstance(read(document[:100], document=True)[-1], BadLine)


def test_a_line_that_was_cut() -> None:
    (bad,) = read(b"192.0.2.10 dev eth0 llad")
    assert str(bad) == "arp.txt, line 1: the last line is cut off"
