# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.nmap_xml import read_nmap_xml
from scanner.sources.reading import BadLine, Item

HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.95 scan initiated Wed Aug  5 10:00:00 2026 as: nmap -sV -oX out.xml 192.0.2.0/28 -->
<nmaprun scanner="nmap" args="nmap -sV -oX out.xml 192.0.2.0/28" start="1785924000" version="7.95" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="4" services="80,443,554,8000"/>
<hosthint><status state="up" reason="arp-response" reason_ttl="0"/><address addr="192.0.2.10" addrtype="ipv4"/></hosthint>
"""
CAMERA = b"""<host starttime="1785924001" endtime="1785924060"><status state="up" reason="arp-response" reason_ttl="0"/>
<address addr="192.0.2.10" addrtype="ipv4"/><address addr="44:19:B6:01:02:03" addrtype="mac" vendor="Hangzhou Hikvision Digital Technology"/>
<hostnames><hostname name="cam1.example.net" type="PTR"/></hostnames>
<ports><extraports state="closed" count="1"><extrareasons reason="reset" count="1" proto="tcp" ports="443"/></extraports>
<port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="http" product="Hikvision Network Video Recorder http admin" devicetype="webcam" method="probed" conf="10"><cpe>cpe:/h:hikvision:ds-7600</cpe></service><script id="http-title" output="index"><elem key="title">index</elem></script><script id="http-server-header" output="DNVRS-Webs"><elem>DNVRS-Webs</elem></script></port>
<port protocol="tcp" portid="554"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="rtsp" product="Hikvision 7513 POE IP camera rtspd" tunnel="ssl" ostype="Linux" method="probed" conf="10"/><script id="rtsp-methods" output="OPTIONS, DESCRIBE"/></port>
<port protocol="tcp" portid="8000"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="http-alt" method="table" conf="3"/></port>
<port protocol="tcp" portid="443"><state state="filtered" reason="no-response" reason_ttl="0"/></port>
<port protocol="udp" portid="161"><state state="open|filtered" reason="no-response" reason_ttl="0"/></port></ports>
<os><osmatch name="Linux 3.2" accuracy="98"/></os></host>
"""
PHONE = b"""<host starttime="1785924001"><status state="up" reason="arp-response"/><address addr="192.0.2.11" addrtype="ipv4"/>
<address addr="00:00:5E:00:53:01" addrtype="mac"/><ports/></host>
<host><status state="down" reason="no-response"/><address addr="192.0.2.12" addrtype="ipv4"/></host>
"""
TAIL = b"""<runstats><finished time="1785924061" elapsed="61.00" exit="success"/><hosts up="2" down="14" total="16"/></runstats>
</nmaprun>
"""
WHOLE = HEAD + CAMERA + PHONE + TAIL


def read(document: bytes) -> list[Item]:
    return list(read_nmap_xml([document], "scan.xml"))


def seen(document: bytes) -> list[Observation]:
    return [item for item in read(document) if isinstance(item, Observation)]


def with_script(script: str, *, port: str = "80", service: str = "") -> Observation:
    """The observation of a port on which one script found something."""
    body = f'<port protocol="tcp" portid="{port}"><state state="open"/>{service}{script}</port>'
    host = f'<host><address addr="192.0.2.1" addrtype="ipv4"/><ports>{body}</ports></host>'
    (found,) = seen(HEAD + host.encode() + TAIL)
    return found


def test_a_whole_report() -> None:
    web, stream, unknown, phone = read(WHOLE)
    assert web == Observation(
        source="nmap-file",
        observed_at="2026-08-05T10:01:00Z",
        ip="192.0.2.10",
        port=80,
        transport="tcp",
        service="http",
        mac="44:19:b6:01:02:03",
        hostname="cam1.example.net",
        fields={
            "nmap.product": "Hikvision Network Video Recorder http admin",
            "nmap.devicetype": "webcam",
            "nmap.cpe": ("cpe:/h:hikvision:ds-7600",),
            "http.title": "index",
            "http.server": "DNVRS-Webs",
        },
    )
    assert isinstance(stream, Observation)
    assert isinstance(unknown, Observation)
    assert isinstance(phone, Observation)
    assert (stream.service, stream.fields["rtsp.public"]) == ("rtsps", "OPTIONS, DESCRIBE")
    assert (unknown.port, unknown.service, unknown.fields) == (8000, None, {})
    assert (phone.ip, phone.mac, phone.port, phone.service) == ("192.0.2.11", "00:00:5e:00:53:01", None, "arp")
    assert phone.observed_at == "2026-08-05T10:00:01Z"


def test_a_report_cut_anywhere_keeps_what_is_whole() -> None:
    whole = seen(WHOLE)
    for end in range(0, len(WHOLE) - len(TAIL), 97):
        items = read(WHOLE[:end])
        kept = [item for item in items if isinstance(item, Observation)]
        bad = [item for item in items if isinstance(item, BadLine)]
        assert len(bad) == 1
        assert "cut off" in str(bad[0])
        complete = WHOLE[:end].count(b"</port>")
        # Of five ports the first three are open.
        assert kept[: min(complete, 3)] == whole[: min(complete, 3)] or b"</host>" not in WHOLE[:end]


def test_a_message_inside_a_tag_costs_that_port_alone() -> None:
    broken = WHOLE.replace(b'portid="80"', b'portid="8<taskprogress task="x" percent="1"/>\nortid="80"')
    items = read(broken)
    assert [item.port for item in items if isinstance(item, Observation)] == [554, 8000, None]
    (bad,) = [item for item in items if isinstance(item, BadLine)]
    assert str(bad).startswith("scan.xml, line 12: the XML is damaged here")


def test_two_runs_in_one_file() -> None:
    assert len(seen(WHOLE + WHOLE)) == 8
    assert not [item for item in read(WHOLE + WHOLE) if isinstance(item, BadLine)]


def test_entities_are_refused() -> None:
    hostile = WHOLE.replace(b"<!DOCTYPE nmaprun>", b'<!DOCTYPE nmaprun [<!ENTITY a SYSTEM "file:///etc/passwd">]>')
    (bad,) = read(hostile)
    assert isinstance(bad, BadLine)
    assert "reading stopped" in bad.reason


def test_a_host_without_an_address_is_named() -> None:
    (bad,) = read(HEAD + b"<host><address addr='nonsense' addrtype='ipv4'/></host>" + TAIL)
    assert str(bad) == "scan.xml, line 8: a host without an address"


@pytest.mark.parametrize(
    ("script", "fields"),
    [
        ('<script id="http-title" output="Site doesn&apos;t have a title (text/html)."/>', {}),
        (
            '<script id="http-title" output="Did not follow redirect to http://192.0.2.1/doc/page/login.asp">'
            '<elem key="redirect_url">http://192.0.2.1/doc/page/login.asp</elem></script>',
            {"http.location": "http://192.0.2.1/doc/page/login.asp"},
        ),
        (
            '<script id="http-title" output="WEB SERVICE&#xa;Requested resource was /x"/>',
            {"http.title": "WEB SERVICE"},
        ),
        (
            '<script id="http-headers" output="&#xa;  Date: Wed&#xa;  Server: App-webs/&#xa;  '
            'WWW-Authenticate: Digest realm=&quot;DVR&quot;&#xa;  &#xa;  (Request type: HEAD)&#xa;"/>',
            {
                "http.headers": ("Date: Wed", "Server: App-webs/", 'WWW-Authenticate: Digest realm="DVR"'),
                "http.server": "App-webs/",
                "http.auth": 'Digest realm="DVR"',
                "http.auth_realm": "DVR",
            },
        ),
        (
            '<script id="http-auth" output="&#xa;HTTP/1.1 401 Unauthorized&#xd;&#xa;  Digest realm=IP Camera(12345) '
            'nonce=abc qop=auth&#xa;"/>',
            {"http.status": "401", "http.auth_realm": "IP Camera(12345)"},
        ),
        (
            '<script id="http-favicon" output="Unknown favicon MD5: 89B932FCC47CF4CA3FAADB0CFDEF89CF"/>',
            {"http.favicon_md5": "89b932fcc47cf4ca3faadb0cfdef89cf"},
        ),
        (
            '<script id="snmp-sysdescr" output="Linux cam&#xa;  System uptime: 1d"/>',
            {"snmp.sysdescr": "Linux cam"},
        ),
        (
            '<script id="upnp-info" output="&#xa;192.0.2.1&#xa;    Server: Linux UPnP/1.0&#xa;    '
            'Manufacturer: Maker&#xa;      Model Name: IPC-1"/>',
            {"ssdp.server": "Linux UPnP/1.0", "upnp.manufacturer": "Maker", "upnp.model_name": "IPC-1"},
        ),
        ('<script id="vulners" output="CVE-2021-36260"/>', {}),
        ('<script output="no id"/>', {}),
    ],
)
def test_what_scripts_found(script: str, fields: dict[str, object]) -> None:
    assert with_script(script).fields == fields


def test_a_banner_is_read_by_the_service() -> None:
    service = '<service name="telnet" method="probed" conf="10"/>'
    found = with_script(r'<script id="banner" output="\xFF\xFD\x01login:"/>', port="23", service=service)
    assert found.service == "telnet"
    assert str(found.fields["telnet.banner"]).endswith("login:")
    ssh = with_script('<script id="banner" output="SSH-2.0-dropbear_2014.63"/>', port="22")
    assert (ssh.service, ssh.fields["ssh.banner"]) == ("ssh", "SSH-2.0-dropbear_2014.63")


def test_replies_inside_a_service_fingerprint() -> None:
    fingerprint = (
        r"SF-Port80-TCP:V=7.95%I=7%D=8/5%Time=1%P=x86_64%r(NULL,0,&quot;&quot;)%r(GetRequest,40,&quot;HTTP/1\.1\x20401"
        r"\x20Unauthorized\r\nServer:\x20App-webs/\r\nWWW-Authenticate:\x20Digest\x20realm=\&quot;A\&quot;\r\n\r\n&quot;);"
    )
    found = with_script(
        "", port="8080", service=f'<service name="http-proxy" servicefp="{fingerprint}" method="table"/>'
    )
    assert (found.service, found.fields["http.status"], found.fields["http.auth_realm"]) == ("http", "401", "A")
    assert found.fields["http.server"] == "App-webs/"


def test_replies_that_a_script_kept() -> None:
    script = (
        '<script id="fingerprint-strings" output="x"><elem key="GetRequest">&#xa;    HTTP/1.0 200 OK&#xd;&#xa;Server: Boa'
        "&#xd;&#xa;&#xd;&#xa;&lt;title&gt;T&lt;/title&gt;</elem></script>"
    )
    found = with_script(script)
    assert (found.service, found.fields["http.server"], found.fields["http.title"]) == ("http", "Boa", "T")


def certificate_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "device.example")])
    start = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 0xABC, start, start + dt.timedelta(days=9))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_certificates_whole_or_in_tables() -> None:
    service = '<service name="http" method="probed" conf="10"/>'
    pem = certificate_pem()
    whole = with_script(f'<script id="ssl-cert" output="x"><elem key="pem">{pem}</elem></script>', service=service)
    assert (whole.service, whole.fields["tls.subject"], whole.fields["tls.serial"]) == (
        "https",
        "CN=device.example",
        "abc",
    )
    tables = with_script(
        '<script id="ssl-cert" output="x"><table key="subject"><elem key="commonName">A, B</elem>'
        '<elem key="countryName">CN</elem></table><table key="issuer"><elem key="organizationName">Maker</elem></table>'
        '<table key="validity"><elem key="notBefore">2015-01-02T03:04:05</elem>'
        '<elem key="notAfter">2035-01-02T03:04:05</elem></table><table key="extensions"><table>'
        '<elem key="name">X509v3 Subject Alternative Name</elem>'
        '<elem key="value">DNS:a.example, IP Address:192.0.2.1</elem></table></table>'
        f'<elem key="pem">{base64.b64encode(b"x").decode()}</elem></script>'
    )
    assert tables.fields == {
        "tls.subject": r"CN=A\, B,C=CN",
        "tls.issuer": "O=Maker",
        "tls.not_before": "2015-01-02T03:04:05Z",
        "tls.not_after": "2035-01-02T03:04:05Z",
        "tls.san": ("a.example", "192.0.2.1"),
    }


def test_what_the_host_itself_said() -> None:
    host = (
        b'<host><address addr="192.0.2.1" addrtype="ipv4"/><hostscript><script id="nbstat" output="NetBIOS name: NVR-1, '
        b'NetBIOS user: &lt;unknown&gt;, NetBIOS MAC: 44:19:b6:01:02:03 (x)"/></hostscript></host>'
    )
    (found,) = seen(HEAD + host + TAIL)
    assert (found.service, found.mac, found.fields) == ("netbios", "44:19:b6:01:02:03", {"netbios.name": "NVR-1"})


@given(st.integers(0, len(WHOLE)), st.binary(max_size=30), st.integers(0, 60))
def test_damage_of_any_kind_is_survived(at: int, junk: bytes, lost: int) -> None:
    for item in read(WHOLE[:at] + junk + WHOLE[at + lost :]):
        assert isinstance(item, Observation) or item.file == "scan.xml"


@given(
    st.sampled_from(["http-title", "http-auth", "http-headers", "ssl-cert", "nbstat", "upnp-info", "banner"]),
    st.text(),
)
def test_any_output_is_survived(script: str, output: str) -> None:
    escaped = output.encode("utf-8", "replace").hex()
    text = "".join(f"&#x{ord(char):x};" for char in output if char.isprintable())
    for value in (text, escaped):
        assert with_script(f'<script id="{script}" output="{value}"/>').ip == "192.0.2.1"
