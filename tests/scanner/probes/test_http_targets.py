from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.http_targets import Hop, absolute, host_header, path_is_allowed, redirect_hop

IP = "192.0.2.10"
START = Hop(80, False, "/")


@pytest.mark.parametrize(
    ("location", "hop"),
    [
        ("/doc/page/login.asp?_1417651200", Hop(80, False, "/doc/page/login.asp?_1417651200")),
        ("doc/index.html", Hop(80, False, "/doc/index.html")),
        ("http://192.0.2.10:80/index.asp", Hop(80, False, "/index.asp")),
        ("https://192.0.2.10/", Hop(443, True, "/")),
        ("//192.0.2.10:8080/x", Hop(8080, False, "/x")),
        ("http://192.0.2.10", Hop(80, False, "/")),
        ("/index.html#/portal/login", Hop(80, False, "/index.html")),
        ("../index.asp", Hop(80, False, "/index.asp")),
        ("/with blank and ü", Hop(80, False, "/with%20blank%20and%20%C3%BC")),
        ("/a\r\nHost: evil\r\n\r\n", Hop(80, False, "/aHost:%20evil")),
    ],
)
def test_redirects_within_the_address_are_followed(location: str, hop: Hop) -> None:
    assert redirect_hop(location, IP, START) == hop


@pytest.mark.parametrize(
    "location",
    [
        "http://198.51.100.7/",
        "http://127.0.0.99:22/",
        "http://192.0.2.10.example.com/",
        "http://camera.example.com/",
        "https://user:secret@192.0.2.10/",
        "http://192.0.2.10:22/",
        "http://192.0.2.10:8000/",
        "http://192.0.2.10:9100/",
        "http://192.0.2.10:554/",
        "http://192.0.2.10:37777/",
        "http://192.0.2.10:99999/",
        "http://[::1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://192.0.2.10/",
        "/System/configurationFile?auth=YWRtaW46MTEK",
        "/SDK/webLanguage",
        "/SDK%2FwebLanguage",
        "/web_caps/webCapsConfig",
        "/RPC2_Login",
        "/OutsideCmd",
        "/current_config/passwd",
        "/ISAPI/Security/userCheck",
        "/onvif-http/snapshot?x=1",
        "/..%2f..%2fetc/passwd",
        "/%252e%252e/mnt/mtd/Config/Account1",
        "/%252e%252e/x",
        "/%2e%2e/x",
        "/device.rsp?opt=user&cmd=list",
        "/index.html?user=admin&pwd=",
        "/cgi-bin/x.cgi?a=`id`",
        "/cgi-bin/reboot.cgi",
        "/" + "a" * 3_000,
    ],
)
def test_everything_else_is_not(location: str) -> None:
    assert redirect_hop(location, IP, START) is None


@pytest.mark.parametrize("path", ["/a b", "/a\r\nHost: x", "/\u00e9", "/\x7f", "a", ""])
def test_a_path_is_one_printable_line(path: str) -> None:
    assert not path_is_allowed(path)
    assert path_is_allowed("/doc/page/login.asp?_1417651200")


def test_the_port_of_a_redirect_is_the_same_or_one_for_pages() -> None:
    assert redirect_hop("http://192.0.2.10:10080/x", IP, Hop(10080, False, "/")) == Hop(10080, False, "/x")
    assert redirect_hop("http://192.0.2.10:10080/x", IP, START) is None


def test_ipv6_addresses_are_compared_as_addresses() -> None:
    assert redirect_hop("http://[2001:DB8:0::1]/a", "2001:db8::1", START) == Hop(80, False, "/a")
    assert redirect_hop("/a", "fe80::1%eth0", START) == Hop(80, False, "/a")


@pytest.mark.parametrize(
    ("ip", "hop", "host"),
    [
        ("192.0.2.10", Hop(80, False, "/"), "192.0.2.10"),
        ("192.0.2.10", Hop(443, True, "/"), "192.0.2.10"),
        ("192.0.2.10", Hop(8080, False, "/"), "192.0.2.10:8080"),
        ("192.0.2.10", Hop(443, False, "/"), "192.0.2.10:443"),
        ("2001:db8::1", Hop(80, False, "/"), "[2001:db8::1]"),
        ("fe80::1%eth0", Hop(81, False, "/"), "[fe80::1]:81"),
    ],
)
def test_the_host_header_names_a_port_only_where_it_must(ip: str, hop: Hop, host: str) -> None:
    assert host_header(ip, hop) == host


def test_an_address_for_a_report_is_printable() -> None:
    shown = absolute("http://198.51.100.7/\x1b]0;pwn\x07<script>", IP, START)
    assert shown is not None and shown.isascii() and shown.isprintable()
    assert absolute("http://[bad", IP, START) is None


@given(st.text(max_size=200), st.sampled_from(["", "/", "http://192.0.2.10/", "http://", "https://192.0.2.10:"]))
def test_a_followed_redirect_is_always_one_safe_line_to_the_same_address(text: str, before: str) -> None:
    hop = redirect_hop(before + text, IP, START)
    if hop is not None:
        assert hop.path.startswith("/") and hop.path.isascii() and " " not in hop.path
        assert hop.path.isprintable() and ".." not in hop.path
        assert path_is_allowed(hop.path)
    absolute(before + text, IP, START)
