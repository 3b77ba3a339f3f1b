from __future__ import annotations

from collections.abc import Mapping

import pytest

from fingerprints.observation import FieldValue, Observation
from scanner.announced import description_hop, onvif_hops, web_ports
from scanner.probes.http_targets import Hop, announced_hop

IP = "192.0.2.10"


def seen(fields: Mapping[str, FieldValue], service: str = "ssdp", port: int = 1900) -> Observation:
    return Observation(source="scan", ip=IP, port=port, service=service, fields=dict(fields))


def page(port: int = 80, service: str = "http", status: str = "200", **fields: str) -> Observation:
    named = {name.replace("_", ".", 1): value for name, value in fields.items()}
    return seen({"http.status": status, **named}, service, port)


@pytest.mark.parametrize(
    ("url", "hop"),
    [
        ("http://192.0.2.10/onvif/device_service", Hop(80, False, "/onvif/device_service")),
        ("https://192.0.2.10/onvif/device_service", Hop(443, True, "/onvif/device_service")),
        (" http://192.0.2.10:45895/rootdesc1.xml ", Hop(45895, False, "/rootdesc1.xml")),
        ("http://192.0.2.11/onvif/device_service", None),  # another address
        ("http://camera.example/onvif/device_service", None),
        ("http://192.0.2.10.evil.example/", None),
        ("http://user:secret@192.0.2.10/", None),
        ("http://192.0.2.10:9100/", None),  # a printer prints
        ("http://192.0.2.10:502/", None),
        ("http://192.0.2.10:37777/", None),  # a control protocol
        ("http://192.0.2.10:22/", None),
        ("http://192.0.2.10:0/", None),
        ("http://192.0.2.10:99999/", None),
        ("ftp://192.0.2.10/", None),
        ("file:///etc/passwd", None),
        ("http://192.0.2.10/../etc/passwd", None),
        ("http://192.0.2.10/System/configurationFile?auth=YWRtaW4", None),
        ("http://192.0.2.10/x\r\nAuthorization: y", None),
        ("http://[", None),
        ("", None),
        ("http://192.0.2.10/" + "a" * 3_000, None),
    ],
)
def test_what_a_device_announces_is_asked_at_its_own_address_only(url: str, hop: Hop | None) -> None:
    assert announced_hop(url, IP) == hop


def test_an_ipv6_address_is_the_same_in_any_spelling() -> None:
    assert announced_hop("http://[2001:DB8:0::1]:8080/d", "2001:db8::1") == Hop(8080, False, "/d")


def test_web_ports_that_discovery_names() -> None:
    observations = [
        seen({"dhip.http_port": "8081"}),
        seen({"sadp.http_port": "80"}),
        seen({"dhip.http_port": "x"}),
    ]
    assert web_ports(observations) == (8081, 80)
    assert web_ports([seen({"sadp.http_port": str(port)}) for port in (0, 70_000, 1, 2, 3, 4, 5)]) == (1, 2, 3, 4)


def location(url: str, **fields: str) -> list[Observation]:
    return [seen({"ssdp.location": url, **{f"ssdp.{name}": value for name, value in fields.items()}})]


def test_the_description_that_a_device_announced() -> None:
    assert description_hop(IP, location("http://192.0.2.10:80/d.xml")) == Hop(80, False, "/d.xml")
    assert description_hop(IP, location("http://192.0.2.11:80/d.xml")) is None
    assert description_hop(IP, location("https://192.0.2.10/d.xml")) is None
    assert description_hop(IP, []) is None


@pytest.mark.parametrize("port", [49152, 49153, 49155])
def test_where_fetching_crashes_a_recorder_nothing_is_fetched(port: int) -> None:
    url = f"http://192.0.2.10:{port}/upnp_eth0.xml"
    expected = Hop(port, False, "/upnp_eth0.xml")
    assert description_hop(IP, location(url, server="Linux, UPnP/1.0, Portable SDK", usn="uuid:1")) is None
    assert description_hop(IP, location(url, usn="uuid:Upnp-BasicDevice-1_0-001122334455")) is None
    assert description_hop(IP, location(url, usn="uuid:Upnp-BasicDevice-1_0-ACCC8E000001")) == expected
    assert description_hop(IP, location(url), thorough=True) == expected


def test_hikvision_s_own_web_server_has_one_too() -> None:
    hop = Hop(8080, False, "/upnpdevicedesc.xml")
    assert description_hop(IP, [page(8080, http_server="App-webs/")]) == hop
    assert description_hop(IP, [page(8080, http_body='window.location = "doc/page/login.asp"')]) == hop
    assert description_hop(IP, [page(8080, http_server="nginx")]) is None
    assert description_hop(IP, [page(8080, http_server="App-webs/"), seen({"sadp.serial": "x"}, "sadp")]) is None


def test_the_onvif_address_that_a_device_announced() -> None:
    addresses = (
        "https://192.0.2.10/onvif/device_service http://192.0.2.10:8899/onvif/device_service "
        "http://192.168.1.108/onvif/device_service http://192.0.2.10/cgi-bin/x http://192.0.2.10:5357/uuid"
    )
    found = onvif_hops(IP, [seen({"onvif.xaddrs": addresses}, "ws-discovery", 3702), page(8080)])
    assert found == (
        (Hop(8899, False, "/onvif/device_service"), True),
        (Hop(443, True, "/onvif/device_service"), True),
    )


def test_without_an_announcement_two_web_ports_are_tried() -> None:
    pages = [page(80), page(443, "https"), page(8080), page(80), page(8899), page(554, "rtsp")]
    assert [hop.port for hop, announced in onvif_hops(IP, pages) if not announced] == [80, 8080]
    only_tls = [page(80, status="301"), page(443, "https")]
    assert onvif_hops(IP, only_tls) == ((Hop(443, True, "/onvif/device_service"), False),)
    assert onvif_hops(IP, [seen({"http.server": "no page"}, "http", 80)]) == ()
