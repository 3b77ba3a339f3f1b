from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.shodan_certificate import (
    alternative_names,
    distinguished_name,
    highest_version,
    iso_date,
    serial_hex,
    tls_fields,
)


def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Maker, "Inc"'),
            x509.NameAttribute(NameOID.COMMON_NAME, "Gerät #1"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.org"),
        ]
    )
    names = [x509.DNSName("dvr.example.org"), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(2**150 + 5)
        .not_valid_before(dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2040, 1, 2, 3, 4, 5, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )


def as_shodan_tells(made: x509.Certificate, *, minified: bool) -> dict[str, Any]:
    """The ``ssl`` object for a certificate, its extension escaped as Shodan escapes it."""
    extension = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.public_bytes()
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in extension)
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    told: dict[str, Any] = {
        "cert": {
            "subject": {"C": "CN", "O": 'Maker, "Inc"', "CN": "Gerät #1", "emailAddress": "a@example.org"},
            "issuer": {"C": "CN", "O": 'Maker, "Inc"', "CN": "Gerät #1", "emailAddress": "a@example.org"},
            "serial": made.serial_number,
            "issued": "20200102030405Z",
            "expires": "20400102030405Z",
            "fingerprint": {"sha256": made.fingerprint(hashes.SHA256()).hex()},
            "extensions": [{"name": "subjectAltName", "data": escaped}],
        },
        "versions": ["-SSLv2", "TLSv1.2", "TLSv1.3"],
    }
    return told if minified else {**told, "chain": [pem, "cut"]}


def test_a_minified_banner_tells_the_same_as_the_certificate_itself() -> None:
    made = certificate()
    whole = tls_fields(as_shodan_tells(made, minified=False))
    minified = tls_fields(as_shodan_tells(made, minified=True))
    assert {name: tuple(value) if isinstance(value, list) else value for name, value in minified.items()} == whole
    assert whole["tls.subject"] == r"1.2.840.113549.1.9.1=a@example.org,CN=Gerät #1,O=Maker\, \"Inc\",C=CN"
    assert whole["tls.san"] == ("dvr.example.org", "192.0.2.1")
    assert whole["tls.not_before"] == "2020-01-02T03:04:05Z"


def test_a_certificate_that_is_not_the_one_described_is_not_read() -> None:
    told = as_shodan_tells(certificate(), minified=False)
    told["cert"]["fingerprint"]["sha256"] = "00" * 32
    told["cert"]["subject"] = {"CN": "described"}
    assert tls_fields(told)["tls.subject"] == "CN=described"


@pytest.mark.parametrize(
    "pem", ["", "-----BEGIN CERTIFICATE-----\nMIIC...(cut)...\n-----END CERTIFICATE-----", "x"]
)
def test_a_cut_certificate_costs_nothing(pem: str) -> None:
    told = as_shodan_tells(certificate(), minified=True)
    assert tls_fields({**told, "chain": [pem]}) == tls_fields(told)


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        (2**159 + 1, "8000000000000000000000000000000000000001"),
        (0, "0"),
        (-5, "-5"),
        ("340282366920938463463374607431768211456", "100000000000000000000000000000000"),
        (1.2e24, None),
        ("1.20893E+24", None),
        (True, None),
        (None, None),
    ],
)
def test_serial_numbers(serial: object, text: str | None) -> None:
    assert serial_hex(serial) == text


@pytest.mark.parametrize(
    ("versions", "highest"),
    [
        (["TLSv1", "-SSLv2", "SSLv3", "TLSv1.1", "-TLSv1.2"], "TLSv1.1"),
        (["-TLSv1.3"], None),
        (["SSLv3"], "SSLv3"),
        ([], None),
        ("TLSv1.2", "TLSv1.2"),
        ([None, 3, "TLSv9"], None),
    ],
)
def test_the_highest_version_spoken(versions: object, highest: str | None) -> None:
    assert highest_version({"versions": versions}) == highest


def test_names_with_several_values_and_odd_characters() -> None:
    name = {"OU": ["a", "b"], "CN": " x\0# ", "UNDEF": "u", "C": None, "O": "#o"}
    assert distinguished_name(name) == "UNDEF=u,CN=\\ x\\00#\\ ,OU=a,OU=b,O=\\#o"
    assert distinguished_name({}) is None


@pytest.mark.parametrize("text", [None, "", "2020", "20200102030405+01:00", "20200102030405Z0"])
def test_what_is_no_date(text: str | None) -> None:
    assert iso_date(text) is None


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda data: data.decode("latin-1")))
def test_any_extension_text_gives_names_or_none(data: str) -> None:
    assert isinstance(
        alternative_names({"cert": {"extensions": [{"name": "subjectAltName", "data": data}]}}), list
    )
