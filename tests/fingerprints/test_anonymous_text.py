from __future__ import annotations

import pytest

from fingerprints.anonymous_text import Anonymiser


@pytest.mark.parametrize(
    ("name", "text", "anonymous"),
    [
        ("http.location", "http://192.168.1.64:8080/", "http://192.0.2.1:8080/"),
        ("http.server", "Httpd/4.30.5.12", "Httpd/4.30.5.12"),
        ("banner.raw", "V4.30.5.12 at 10.0.0.7", "V4.30.5.12 at 192.0.2.1"),
        ("http.body", "[fe80::4619:b6ff:fe12:3456]", "[2001:db8::1]"),
        ("sadp.mac", "44:19:b6:12:34:56", "44:19:b6:00:00:01"),
        ("http.body", "mac 44-19-B6-12-34-56", "mac 44-19-B6-00-00-01"),
        ("http.auth_realm", "IP Camera(4419B6123456)", "IP Camera(4419B6000001)"),
        ("sadp.serial", "DS-2CD2032-I20141203CCWR491234567", "DS-2CD2032-I00000001CCWR000000001"),
        ("http.title", "NVR5464-4KS2", "NVR5464-4KS2"),
        ("http.auth_realm", "Login to 4E01234PAZ98765", "Login to 4E00001PAZ00001"),
        ("upnp.udn", "uuid:4d454930-0000-1000-8000-4419b6123456", "uuid:00000000-0000-0000-0000-000000000001"),
        ("http.favicon_mmh3", "-374235895123", "-374235895123"),
        ("snmp.sysobjectid", "1.3.6.1.4.1.39165.1.1", "1.3.6.1.4.1.39165.1.1"),
    ],
)
def test_addresses_and_serials_change_and_the_shape_stays(name: str, text: str, anonymous: str) -> None:
    assert Anonymiser().text(name, text) == anonymous


def test_one_original_has_one_replacement() -> None:
    fields = Anonymiser().fields(
        {"http.body": "10.0.0.7 10.0.0.8 10.0.0.7", "http.headers": ("Host: 10.0.0.8", "Host: 10.0.0.9")}
    )
    assert fields == {
        "http.body": "192.0.2.1 192.0.2.2 192.0.2.1",
        "http.headers": ("Host: 192.0.2.2", "Host: 192.0.2.3"),
    }
