from __future__ import annotations

from typing import Any

import nmap
import pytest

from scanner.sweep.nmap_report import ReportUnreadable, read_report

NOW = "2026-11-24T12:00:00Z"
REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -sT" start="1" version="7.93" xmloutputversion="1.05">
<host><status state="up" reason="user-set" reason_ttl="0"/><address addr="192.0.2.10" addrtype="ipv4"/>
<hostnames></hostnames>
<ports><extraports state="closed" count="40"/><extraports state="filtered" count="7"/>
<port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="0"/>
<service name="http" product="Hikvision Network Video Recorder http admin" version="1.0" extrainfo="x" ostype="Linux"
 devicetype="webcam" method="probed" conf="10"><cpe>cpe:/h:hikvision:ds-7600</cpe><cpe>cpe:/o:linux:kernel</cpe></service>
</port>
<port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="0"/>
<service name="http" product="thing" tunnel="ssl" method="probed" conf="10"/></port>
<port protocol="tcp" portid="554"><state state="open" reason="syn-ack" reason_ttl="0"/>
<service name="rtsp" method="table" conf="3"/></port>
<port protocol="tcp" portid="8000"><state state="filtered" reason="no-response" reason_ttl="0"/></port>
<port protocol="tcp" portid="81"><state state="closed" reason="conn-refused" reason_ttl="0"/></port>
</ports></host>
<host><status state="up"/><address addr="2001:db8::5" addrtype="ipv6"/><hostnames></hostnames><ports></ports></host>
<runstats><finished time="1" timestr="x" elapsed="1"/><hosts up="2" down="0" total="2"/></runstats></nmaprun>
"""


@pytest.fixture(scope="module")
def scanner() -> Any:
    return nmap.PortScanner()


def test_ports_and_counts(scanner: Any) -> None:
    found = read_report(scanner, REPORT.encode(), "", NOW)
    host = found["192.0.2.10"]
    assert set(found) == {"192.0.2.10", "2001:db8::5"}
    assert (host.open_ports, host.closed, host.silent) == ((80, 443, 554), 41, 8)
    assert not found["2001:db8::5"].answered


def test_what_service_detection_told_is_kept_whole(scanner: Any) -> None:
    recorder, page = read_report(scanner, REPORT.encode(), "", NOW)["192.0.2.10"].observations
    assert (recorder.port, recorder.service, recorder.observed_at) == (80, "http", NOW)
    assert recorder.fields == {
        "nmap.product": "Hikvision Network Video Recorder http admin",
        "nmap.version": "1.0",
        "nmap.extrainfo": "x",
        "nmap.devicetype": "webcam",
        "nmap.cpe": ("cpe:/h:hikvision:ds-7600", "cpe:/o:linux:kernel"),
    }
    assert (page.port, page.service, page.fields) == (443, "https", {"nmap.product": "thing"})


@pytest.mark.parametrize("cut", [10, 400, len(REPORT) // 2, len(REPORT) - 40])
def test_a_cut_report_says_what_nmap_complained_of(scanner: Any, cut: int) -> None:
    with pytest.raises(ReportUnreadable, match="it wrote no whole report"):
        read_report(scanner, REPORT[:cut].encode(), "", NOW)
    with pytest.raises(ReportUnreadable, match="no route to host"):
        read_report(scanner, REPORT[:cut].encode(), "\n no route to host\nmore", NOW)


def test_warnings_beside_a_whole_report_do_no_harm(scanner: Any) -> None:
    assert read_report(scanner, REPORT.encode(), "Warning: something\nanother complaint\n", NOW)
