from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.observation import FIELDS, Asn, Location, Observation
from scanner.sources.observation_lines import observation_from_line, observation_line
from scanner.sources.shodan_record import observations_from_record

Banner = dict[str, Any]
ENDPOINT: Banner = {"ip_str": "192.0.2.7", "port": 4000, "transport": "tcp", "_shodan": {"module": "auto"}}


def only(banner: Banner) -> Observation:
    (observation,) = observations_from_record(banner)
    return observation


def test_a_web_page_with_a_detectors_block(web_camera: Banner) -> None:
    seen = only(web_camera)
    icon = bytes(range(256)) * 3
    assert (seen.source, seen.id) == ("shodan-file", web_camera["_shodan"]["id"])
    assert (seen.ip, seen.port, seen.transport, seen.service) == ("192.0.2.33", 8080, "tcp", "http")
    assert (seen.observed_at, seen.hostname, seen.mac) == ("2026-09-14T07:31:40Z", "host-33.example.net", None)
    assert seen.location == Location(country="US", city="Springfield", lat=39.78, lon=-89.65)
    assert seen.asn == Asn(number=64496, org="Example Holder")
    head, _, _ = web_camera["data"].partition("\r\n\r\n")
    assert seen.fields == {
        "banner.raw": web_camera["data"],
        "http.status": "200",
        "http.server": "App-webs/",
        "http.body": web_camera["http"]["html"],
        "http.path": "/",
        "http.headers": tuple(head.split("\r\n")),
        "http.cookies": ("language", "sid"),
        "http.favicon_mmh3": str(web_camera["http"]["favicon"]["hash"]),
        "http.favicon_md5": hashlib.md5(icon).hexdigest(),
        "isapi.device_name": "Back Door",
        "shodan.product": "Hikvision IP Camera",
        "shodan.devicetype": "webcam",
        "shodan.info": "hikvision: web_version=4.0.48.0 build 190912, plugin_version=3.0.6.9",
        "shodan.module": "http-simple-new",
        "shodan.cpe": ("cpe:/h:hikvision:ip_camera", "cpe:2.3:h:hikvision:ip_camera"),
        "shodan.tags": ("iot",),
    }


def test_a_stream_on_ipv6_answered_twice(stream_camera: Banner) -> None:
    seen = only(stream_camera)
    assert (seen.ip, seen.service, seen.observed_at) == ("2001:db8:0:9::41", "rtsp", "2026-09-14T08:00:00Z")
    assert seen.asn == Asn(number=64496, org="Example Carrier"), "the network's name where the holder is null"
    assert seen.fields["rtsp.status"] == "401"
    assert seen.fields["rtsp.server"] == "Rtsp Server/3.0"
    assert seen.fields["rtsp.public"] == "OPTIONS, DESCRIBE, SETUP, PLAY"
    assert seen.fields["rtsp.realm"] == "Login to 5F02A7CPAJ654321"
    assert str(seen.fields["rtsp.auth"]).startswith('Digest realm="Login to')
    assert seen.texts("rtsp.headers")[0] == "RTSP/1.0 401 Unauthorized"
    assert "Public: OPTIONS, DESCRIBE, SETUP, PLAY" in seen.texts("rtsp.headers")
    assert not [name for name in seen.fields if name.startswith("http.")]


def test_a_page_over_tls_and_the_redirect_before_it(tls_recorder: Banner) -> None:
    page, hop = observations_from_record(tls_recorder)
    assert (page.service, page.port, page.hostname) == ("https", 443, "dvr.example.org")
    assert page.fields["http.title"] == "WEB & SERVICE"
    assert page.fields["http.path"] == "/index.htm"
    assert "http.server" not in page.fields
    assert page.fields["tls.subject"] == (
        "CN=5F02A7CPAJ654321,OU=Product,O=Maker\\, Inc.,L=Hangzhou,ST=Zhejiang,C=CN"
    )
    assert page.fields["tls.issuer"] == "CN=Product Root CA,OU=Product,O=Maker\\, Inc.,L=Hangzhou,ST=Zhejiang,C=CN"
    assert int(str(page.fields["tls.serial"]), 16) == tls_recorder["ssl"]["cert"]["serial"]
    assert page.fields["tls.not_before"] == "2019-02-03T04:05:06Z"
    assert page.fields["tls.not_after"] == "2039-02-03T04:05:06Z"
    assert (page.fields["tls.sha256"], page.fields["tls.version"]) == ("ab" * 32, "TLSv1.2")
    assert page.texts("tls.san") == ("dvr.example.org", "198.51.100.88")
    assert page.fields["shodan.info"] == "dahua_dvr_web: web_version=3.2.9.77"
    # The hop of a foreign host is not the device's; the device's own is an observation of its own.
    assert (hop.ip, hop.port, hop.id) == ("198.51.100.88", 443, None)
    assert hop.fields["http.server"] == "DVRDVS-Webs"
    assert hop.fields["http.location"] == "https://dvr.example.org/index.htm"


def test_names_of_people_and_channels_are_left_out(tls_recorder: Banner) -> None:
    text = b"".join(map(observation_line, observations_from_record(tls_recorder))).decode()
    assert "Front yard" not in text
    assert "somebody" not in text


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"ip_str": "192.0.2.9", "ip": 3221226000}, "192.0.2.9"),
        ({"ip": 3221226000}, "192.0.2.16"),
        ({"ip": "3221226000"}, "192.0.2.16"),
        ({"ip": "192.0.2.9"}, "192.0.2.9"),
        ({"ipv6": "2001:DB8:0::1"}, "2001:db8::1"),
        ({"ip_str": "1.2.3", "ip": 3221226000}, "192.0.2.16"),
        ({"ip_str": " 192.0.2.9 "}, "192.0.2.9"),
        ({"ip_str": "fe80::1%eth0"}, None),
        ({"ip": 2**32}, None),
        ({"ip": -1}, None),
        ({"ip": True}, None),
        ({"ip_str": ["192.0.2.9"]}, None),
        ({"ip_str": "80"}, None),
        ({}, None),
    ],
)
def test_addresses_in_all_their_forms(told: Banner, address: str | None) -> None:
    seen = observations_from_record({"port": 80, "data": "", **told})
    assert [one.ip for one in seen] == ([address] if address else [])


@pytest.mark.parametrize("mark", [{"placeholder": True}, {"failed": True}])
def test_records_that_stand_for_nothing_are_skipped(mark: Banner) -> None:
    assert observations_from_record({**ENDPOINT, **mark}) == ()


@pytest.mark.parametrize(
    ("timestamp", "observed"),
    [
        ("2025-03-21T18:51:18.747408", "2025-03-21T18:51:18Z"),
        ("2014-01-15 05:49:56", "2014-01-15T05:49:56Z"),
        ("2025-03-21T18:51:18+02:00", "2025-03-21T16:51:18Z"),
        ("", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1742583078, None),
        (None, None),
    ],
)
def test_times_become_utc(timestamp: object, observed: str | None) -> None:
    assert only({**ENDPOINT, "timestamp": timestamp}).observed_at == observed


@pytest.mark.parametrize(
    ("port", "kept"), [("80", 80), (80.0, 80), (0, None), (70000, None), ("x", None), (None, None), (True, None)]
)
def test_ports_of_other_types(port: object, kept: int | None) -> None:
    assert only({**ENDPOINT, "port": port}).port == kept


def test_numbers_and_single_texts_where_lists_or_texts_are_usual() -> None:
    fields = only(
        {
            **ENDPOINT,
            "product": 47,
            "version": 2.5,
            "cpe": "cpe:/a:x:y",
            "tags": "honeypot",
            "http": [],
            "ssl": None,
        }
    ).fields
    assert (fields["shodan.product"], fields["shodan.version"]) == ("47", "2.5")
    assert (fields["shodan.cpe"], fields["shodan.tags"]) == (("cpe:/a:x:y",), ("honeypot",))


def test_lone_surrogates_become_replacement_characters() -> None:
    seen = only({**ENDPOINT, "product": "a\ud800b", "data": "x\udc80", "hostnames": ["h\udfff"]})
    assert seen.fields["shodan.product"] == "a\ufffdb"
    assert seen.hostname == "h\ufffd"
    assert observation_from_line(observation_line(seen)) == seen


@pytest.mark.parametrize(
    "told",
    [
        {"mac": {"4C:11:BF:00:20:09": {"assignment": "MA-L"}}},
        {"netbios": {"mac": "4c-11-bf-00-20-09"}},
        {"ip_camera": {"mac_address": "4C11BF002009"}},
    ],
)
def test_mac_addresses(told: Banner) -> None:
    assert only({**ENDPOINT, **told}).mac == "4c:11:bf:00:20:09"


def test_a_detector_that_nobody_has_heard_of_is_named() -> None:
    seen = only({**ENDPOINT, "info": "x", "acme_nvr": {"firmware": "1.2", "owner": "Jo"}, "other_thing": {}})
    assert seen.fields["shodan.info"] == "x; acme_nvr: firmware=1.2; other_thing:"


KEYS = sorted(
    {
        "ip_str", "ip", "ipv6", "port", "transport", "timestamp", "data", "hostnames", "location", "asn", "org",
        "product", "version", "info", "cpe", "cpe23", "tags", "opts", "mac", "http", "ssl", "_shodan", "upnp",
        "snmp", "mdns", "netbios", "hikvision", "dahua", "dahua_dvr_web", "ip_camera", "html", "title", "raw",
        "cert", "subject", "issuer", "CN", "serial", "extensions", "name", "versions", "chain", "favicon",
        "status", "redirects", "host", "services", "answers", "TXT", "SRV", "issued", "fingerprint", "sha256",
        "options", "latitude", "longitude", "hash", "serial_number", "unknown_detector",
    }
)  # fmt: skip
TELLING = [
    "192.0.2.1", "2001:db8::1", "HTTP/1.1 200 OK\r\nServer: x", "SIP/2.0 200 OK", "SSH-", "220-", "b00100",
    "\ud800", 'RTSP/1.0 401 x\r\nWWW-Authenticate: Digest realm="', "subjectAltName", "0\\x82\\xff\\x82",
    "20200101000000Z",
    "TLSv1.2", '{"deviceInfo":', "<a schemas.xmlsoap.org/ws/2005/04/discovery ProbeMatches><Scopes>",
    "-----BEGIN CERTIFICATE-----AA==-----END CERTIFICATE-----", "AS99999999999999999999", "2025-99-99T00:00:00",
]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TELLING)
    | st.integers(min_value=2**64) | st.sampled_from([80, 443, 554, 8000, 37777, 37810, 34567])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=25,
)


def test_integers_too_long_to_print() -> None:
    long = 10**5000
    told = {"product": long, "port": long, "asn": long, "ip": long, "ssl": {"cert": {"serial": long}}}
    seen = only({**ENDPOINT, **told})
    assert "shodan.product" not in seen.fields
    assert len(str(seen.fields["tls.serial"])) == 128


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=14), st.booleans())
def test_any_json_gives_observations_that_can_be_written(record: Banner, addressed: bool) -> None:
    if addressed:
        record = {**record, "ip_str": "192.0.2.1"}
    seen = observations_from_record(record)
    assert not addressed or seen or "placeholder" in record
    for one in seen:
        assert set(one.fields) <= set(FIELDS)
        for name, value in one.fields.items():
            assert isinstance(value, tuple) == FIELDS[name].is_list
        assert observation_from_line(observation_line(one)) == one


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_real_shape_with_any_one_value_replaced(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(SHAPES))
    key = data.draw(st.sampled_from(sorted(record)))
    changed = {**record, key: data.draw(JSON)}
    for one in observations_from_record(changed):
        observation_line(one)


SHAPES: list[Banner] = [
    {
        **ENDPOINT,
        "http": {"status": 200, "favicon": {"data": "AA==\n", "hash": 1}, "redirects": [{"host": "192.0.2.7"}]},
        "data": "HTTP/1.1 200 OK\r\n\r\n",
        "ssl": {"cert": {"serial": 1, "subject": {"CN": "x"}}, "versions": ["TLSv1"]},
        "location": {"country_code": "US"},
        "mac": {"00:11:22:33:44:55": None},
    },
    {**ENDPOINT, "data": "RTSP/1.0 200 OK\r\n\r\n", "asn": "AS1", "hostnames": ["a"], "timestamp": "2025-01-01"},
    {**ENDPOINT, "upnp": {"udn": "x"}, "snmp": {"name": "x"}, "mdns": {"services": {"a": {"name": "b"}}}},
]
