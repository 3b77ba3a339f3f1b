from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.ports import never_touched
from scanner.probes import registry
from scanner.probes.registry import PROBES

HELPERS = {
    "__init__",
    "ber",
    "datagram_exchange",
    "description",
    "dns_message",
    "header_block",
    "http_framing",
    "http_message",
    "http_targets",
    "reading",
    "registry",
    "tls_certificate",
    "tls_hello",
}


def test_these_probes_exist() -> None:
    assert set(PROBES) == {
        *("http", "https", "tls", "rtsp", "hik-sdk", "onvif-device", "upnp-description", "text-banner"),
        *("ws-discovery", "sadp", "dhip", "ssdp", "mdns", "snmp", "sip"),
        *("dvrip", "xiongmai", "hanwha", "vivotek", "bosch"),
    }


def test_every_module_is_a_probe_in_the_list_or_a_named_helper() -> None:
    modules = {path.stem for path in Path(registry.__file__).parent.glob("*.py")}
    assert modules - HELPERS == {name.replace("-", "_") for name in PROBES}


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_description_fits_its_probe(name: str) -> None:
    description = PROBES[name].description
    assert description.name == name
    assert description.ports and not set(description.ports) & never_touched()
    assert description.packets <= 8
    assert (description.connections == 0) == (description.transport == "udp")


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_probe_says_what_it_sends_what_it_never_sends_and_its_source(name: str) -> None:
    path = Path(registry.__file__).parent / f"{name.replace('-', '_')}.py"
    docstring = path.read_text("utf-8").split('"""')[1]
    assert re.search(r"^Ports?:", docstring, re.M)
    assert "Sent" in docstring or "sent" in docstring
    assert re.search(r"^Sources?:", docstring, re.M)
