"""What holds for every reader: whatever the bytes and however they come, items and no exception."""
# ruff: noqa: E501 (samples stand as the tools write them)

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.observation import FIELDS, Observation
from scanner.sources.decompression import Damage
from scanner.sources.inventory_columns import ColumnMapping
from scanner.sources.reading import BadLine
from scanner.sources.recognise import READERS, recognise
from scanner.sources.shodan_file import is_document

SAMPLES = {
    "nmap-xml": b'<nmaprun start="1785924000"><host><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" '
    b'portid="80"><state state="open"/><service name="http" conf="10"/></port></ports></host></nmaprun>\n',
    "masscan-xml": b'<nmaprun scanner="masscan"><host endtime="1"><address addr="192.0.2.1" addrtype="ipv4"/><ports>'
    b'<port protocol="tcp" portid="80"><state state="open"/></port></ports></host></nmaprun>\n',
    "masscan-json": b'[\n{   "ip": "192.0.2.1",   "timestamp": "1785522037", "ports": [ {"port": 80} ] }\n]\n',
    "masscan-ndjson": b'{"ip":"192.0.2.1","port":80,"proto":"tcp","rec_type":"status","data":{"status":"open"}}\n',
    "masscan-list": b"#masscan\nopen tcp 80 192.0.2.1 1785522037\n# end\n",
    "zgrab2": b'{"ip":"192.0.2.1","data":{"http":{"result":{"response":{"status_code":200}}}}}\n',
    "censys": b'{"ip":"192.0.2.1","services":[{"port":80,"service_name":"HTTP"}]}\n',
    "zmap-csv": b"saddr,sport\n192.0.2.1,80\n",
    "nessus": b'<NessusClientData_v2><Report><ReportHost name="192.0.2.1"><HostProperties/><ReportItem port="80" '
    b'svc_name="www" protocol="tcp" pluginID="11219"/></ReportHost></Report></NessusClientData_v2>\n',
    "runzero": b'{"organization_id":"x","addresses":["192.0.2.1"],"macs":["44:19:b6:01:02:03"]}\n',
    "zeek-tsv": b"#separator \\x09\n#path\tknown_services\n#fields\tts\thost\tport_num\tport_proto\tservice\n"
    b"1785924000.0\t192.0.2.1\t80\ttcp\tHTTP\n",
    "zeek-json": b'{"ts":1785924000,"host":"192.0.2.1","port_num":80,"service":["HTTP"]}\n',
    "suricata": b'{"event_type":"ssh","src_ip":"192.0.2.9","dest_ip":"192.0.2.1","ssh":{"server":{"software_version":"x"}}}\n',
    "isc-dhcpd": b"lease 192.0.2.1 {\n  starts 3 2026/08/05 10:00:00;\n  hardware ethernet 44:19:b6:01:02:03;\n}\n",
    "kea-csv": b"address,hwaddr,client_id,valid_lifetime,expire\n192.0.2.1,44:19:b6:01:02:03,,3600,1785927600\n",
    "dnsmasq": b"1785960000 44:19:b6:01:02:03 192.0.2.1 cam1 *\n",
    "windows-dhcp": b'"IPAddress","ScopeId","ClientId"\n"192.0.2.1","192.0.2.0","44-19-b6-01-02-03"\n',
    "arp": b"? (192.0.2.1) at 44:19:b6:01:02:03 [ether] on eth1\n",
    "mac-table": b"Mac Address Table\n   1    4419.b601.0203    DYNAMIC     Fa0/1\n",
    "inventory-csv": b"Name,IP,Model\ncam1,192.0.2.1,X1\n",
    "shodan": b'{"ip_str":"192.0.2.1","port":80,"transport":"tcp","data":"","_shodan":{"module":"http"}}\n',
    "coverscan-observations": b'{"v":1,"source":"me","ip":"192.0.2.1","fields":{}}\n',
}  # fmt: skip


def items(name: str, *chunks: bytes | Damage) -> list[object]:
    whole = b"".join(chunk for chunk in chunks if isinstance(chunk, bytes))
    found = list(READERS[name](iter(chunks), file="f", document=is_document(whole)))
    for item in found:
        assert isinstance(item, (Observation, BadLine, ColumnMapping))
        if isinstance(item, Observation):
            assert item.fields.keys() <= FIELDS.keys()
            assert item.ip is not None or item.mac is not None or item.service == "asset" or item.fields or name in (
                "shodan", "coverscan-observations")  # fmt: skip
        elif isinstance(item, BadLine):
            assert item.reason
            assert item.line is None or item.line >= 1
    return [item for item in found if not isinstance(item, ColumnMapping)]


def test_there_is_a_sample_of_every_format() -> None:
    assert SAMPLES.keys() == READERS.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_recognised_and_read_in_any_pieces(name: str) -> None:
    sample = SAMPLES[name]
    assert recognise(sample) == name
    whole = items(name, sample)
    assert [type(item) for item in whole] == [Observation]
    for cut in range(1, len(sample), 7):
        assert items(name, sample[:cut], sample[cut:]) == whole
    assert items(name, sample.replace(b"\n", b"\r\n")) == whole


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60)
@given(at=st.integers(0, 400), junk=st.binary(max_size=12), lost=st.integers(0, 40), damaged=st.booleans())
def test_damage_is_survived(name: str, at: int, junk: bytes, lost: int, damaged: bool) -> None:
    sample = SAMPLES[name] * 2
    middle: tuple[bytes | Damage, ...] = (Damage("cut"),) if damaged else (junk,)
    items(name, sample[:at], *middle, sample[at + lost :])
    items(name, junk)


@given(st.binary(max_size=400))
def test_recognising_survives_anything(head: bytes) -> None:
    assert recognise(head) is None or isinstance(recognise(head), str)


@pytest.mark.parametrize(
    "head",
    [
        b"192.0.2.1 " * 100_000, b"1.1.1.1 a " * 100_000, b"a" * 1_000_000, b"<!--" * 250_000, b"<?xml " * 150_000,
        b'"' * 1_000_000, b"a,ip," * 200_000, b"44:19:b6:01:02:03 " * 50_000, b"{" * 1_000_000, b"\n" * 1_000_000, b"ip;mac\n" * 140_000,
        b"<![ " * 250_000, b"IPAddress " * 100_000, b"(1.1.1.1) at " * 70_000,
    ],
)  # fmt: skip
def test_recognising_takes_no_long_time(head: bytes) -> None:
    start = time.process_time()
    recognise(head)
    assert time.process_time() - start < 3
