# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.nessus import read_nessus
from scanner.sources.nessus_plugins import plugin_fields, plugin_mac
from scanner.sources.reading import BadLine, Item

PAGE = (
    "\nResponse Code : HTTP/1.1 401 Unauthorized\n\nProtocol version : HTTP/1.1\nSSL : no\nKeep-Alive : no\nHeaders :\n\n"
    "  Date: Wed, 05 Aug 2026 10:00:00 GMT\n  Server: App-webs/\n  WWW-Authenticate: Digest realm=&quot;DVR&quot;\n  \n"
    "Response Body :\n\n&lt;html&gt;&lt;title&gt;T&lt;/title&gt;&lt;/html&gt;\n"
)
CERTIFICATE = (
    "Subject Name: \n\nCountry: CN\nOrganization: Maker, Inc\nCommon Name: device\n\nIssuer Name: \n\nCommon Name: root\n\n"
    "Serial Number: 0A BC \n\nVersion: 3\n\nSHA-256 Fingerprint: " + "AB " * 32 + "\n"
)
REPORT = f"""<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>x</policyName><Preferences><ServerPreferences><preference><name>a</name><value>b</value></preference></ServerPreferences></Preferences></Policy>
<Report name="scan" xmlns:cm="http://www.nessus.org/cm">
<ReportHost name="cam1.example"><HostProperties>
<tag name="HOST_END_TIMESTAMP">1785924000</tag><tag name="host-ip">192.0.2.10</tag><tag name="mac-address">44:19:B6:01:02:03</tag>
<tag name="host-fqdn">cam1.example</tag><tag name="HOST_END">Wed Aug  5 10:00:00 2026</tag></HostProperties>
<ReportItem port="80" svc_name="www" protocol="tcp" severity="0" pluginID="11219" pluginName="SYN"><plugin_output>Port 80/tcp was found to be open</plugin_output></ReportItem>
<ReportItem port="80" svc_name="www" protocol="tcp" severity="0" pluginID="10107" pluginName="HTTP Server"><plugin_output>The remote web server type is :

App-webs/</plugin_output></ReportItem>
<ReportItem port="80" svc_name="www" protocol="tcp" severity="0" pluginID="24260" pluginName="HyperText"><plugin_output>{PAGE}</plugin_output></ReportItem>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="0" pluginID="10863" pluginName="SSL"><plugin_output>{CERTIFICATE}</plugin_output></ReportItem>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Info"><plugin_output>x</plugin_output></ReportItem>
</ReportHost>
<ReportHost name="192.0.2.11"><HostProperties><tag name="host-ip">192.0.2.11</tag></HostProperties>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="35716" pluginName="MAC"><plugin_output>44:19:B6:01:02:04 : Maker</plugin_output></ReportItem>
</ReportHost>
<ReportHost name="nameless"><HostProperties/></ReportHost>
</Report>
</NessusClientData_v2>
"""


def read(document: str) -> list[Item]:
    return list(read_nessus([document.encode()], "scan.nessus"))


def test_a_report() -> None:
    web, secure, other, nameless = read(REPORT)
    assert isinstance(web, Observation)
    assert isinstance(secure, Observation)
    assert isinstance(other, Observation)
    assert (web.source, web.ip, web.port, web.service) == ("nessus-file", "192.0.2.10", 80, "http")
    assert (web.mac, web.hostname, web.observed_at) == (
        "44:19:b6:01:02:03",
        "cam1.example",
        "2026-08-05T10:00:00Z",
    )
    assert web.fields == {
        "http.server": "App-webs/",
        "http.status": "401",
        "http.headers": (
            "HTTP/1.1 401 Unauthorized", "Date: Wed, 05 Aug 2026 10:00:00 GMT", "Server: App-webs/",
            'WWW-Authenticate: Digest realm="DVR"',
        ),
        "http.auth": 'Digest realm="DVR"',
        "http.auth_realm": "DVR",
        "http.body": "<html><title>T</title></html>",
        "http.path": "/",
        "http.title": "T",
    }  # fmt: skip
    assert (secure.port, secure.service) == (443, "https")
    assert secure.fields == {
        "tls.subject": r"CN=device,O=Maker\, Inc,C=CN", "tls.issuer": "CN=root", "tls.serial": "abc",
        "tls.sha256": "ab" * 32,
    }  # fmt: skip
    assert (other.ip, other.mac, other.port) == ("192.0.2.11", "44:19:b6:01:02:04", None)
    assert str(nameless) == f"scan.nessus, line {REPORT[: REPORT.index('nameless')].count(chr(10)) + 1}: " + (
        "a host without an address (host-ip)"
    )


def test_cut_off_in_the_middle_of_a_host() -> None:
    items = read(REPORT[: REPORT.index('pluginID="10863"')])
    assert [item.port for item in items if isinstance(item, Observation)] == [80]
    assert [item.reason for item in items if isinstance(item, BadLine)] == [
        "the file ends too early: it was cut off"
    ]


def test_csv() -> None:
    document = (
        "Plugin ID,CVE,CVSS v2.0 Base Score,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n"
        '"10107","","","None","192.0.2.10","tcp","80","HTTP","s","d","n/a","","The remote web server type is :\n\nApp-webs/"\n'
        '"11219","","","None","192.0.2.10","tcp","80","SYN","s","d","n/a","","Port 80/tcp"\n'
        '"10107","","","None","host","tcp","80","HTTP","s","d","n/a","","x"\n"10107","","","None","192.0.2.1'
    )
    web, unnamed, cut = read(document)
    assert isinstance(web, Observation)
    assert (web.ip, web.port, web.fields) == ("192.0.2.10", 80, {"http.server": "App-webs/"})
    assert str(unnamed) == "scan.nessus, line 6: a finding without an address"
    assert str(cut) == "scan.nessus, line 7: the last line is cut off"
    (bad,) = read("Plugin ID,Name\n1,2\n")
    assert "the heading lacks" in str(bad)


def test_other_plugins() -> None:
    assert plugin_fields("10267", "\nSSH version : SSH-2.0-dropbear\nSSH x : y") == {
        "ssh.banner": "SSH-2.0-dropbear"
    }
    assert plugin_fields("10092", "\nThe remote FTP banner is :\n\n220 DVR ready")["ftp.banner"] == "220 DVR ready"
    telnet = "Here is the banner :\n\n------------ snip ------------\nlogin:\n------------ snip ------------\n"
    assert plugin_fields("10281", telnet)["telnet.banner"] == "login:"
    assert plugin_fields("35712", "manufacturer : M\nmodelName : IPC")["upnp.model_name"] == "IPC"
    assert plugin_fields("10762", "Server Type : Rtsp Server/3.0") == {"rtsp.server": "Rtsp Server/3.0"}
    assert plugin_fields("10800", "  sysDescr     : Linux cam\n  sysName : n")["snmp.sysdescr"] == "Linux cam"
    assert plugin_fields("99999", "x") == {}
    assert plugin_mac("86420", "- 44:19:B6:01:02:03\n- 44:19:B6:01:02:04") is None


@given(
    st.sampled_from(["10107", "24260", "10863", "10267", "10092", "10281", "10762", "35712", "10800"]),
    st.text(max_size=300),
)
def test_any_output_is_survived(plugin: str, output: str) -> None:
    for text in (
        output,
        f"Headers :\n\n{output}",
        f"Response Code : HTTP/1.1 200\nHeaders :\n\n{output}\n \n",
        f"x:\n{output}",
    ):
        assert None not in plugin_fields(plugin, text).values()


def test_long_outputs_take_no_long_time() -> None:
    for text in (
        "Headers :\n\n" + "a\n" * 100_000,
        "a :" * 90_000,
        "\n" * 250_000,
        "a " * 120_000,
        ":\n" * 100_000,
    ):
        for plugin in ("24260", "10863", "35712", "10281", "10092", "10107"):
            plugin_fields(plugin, text)
