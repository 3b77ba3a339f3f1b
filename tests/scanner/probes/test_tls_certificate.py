from __future__ import annotations

import datetime
import hashlib
import ipaddress
from collections.abc import Iterable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.probes import tls_certificate
from scanner.probes.tls_certificate import certificate_fields

KEY = ec.generate_private_key(ec.SECP256R1())
UTC = datetime.UTC


def certificate(
    attributes: Iterable[tuple[x509.ObjectIdentifier, str]],
    san: Iterable[x509.GeneralName] = (),
    serial: int = 0x1F2E,
    since: datetime.datetime = datetime.datetime(1970, 1, 1, tzinfo=UTC),
    until: datetime.datetime = datetime.datetime(2055, 12, 31, 23, 59, 59, tzinfo=UTC),
) -> bytes:
    name = x509.Name([x509.NameAttribute(oid, value, _validate=False) for oid, value in attributes])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(since)
        .not_valid_after(until)
    )
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(san)), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


RECORDER = certificate(
    [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.STATE_OR_PROVINCE_NAME, "ZheJiang"),
        (NameOID.LOCALITY_NAME, "HangZhou"),
        (NameOID.ORGANIZATION_NAME, "Example Technology Co.,Ltd."),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "DVRNVR"),
        (NameOID.COMMON_NAME, "www.example.com"),
    ],
    [
        x509.DNSName("camera.example.com"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.10")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("a@example.com"),
        x509.UniformResourceIdentifier("urn:x"),
        x509.DirectoryName(x509.Name([])),
    ],
)


def test_a_recorders_certificate_becomes_fields() -> None:
    found = certificate_fields(RECORDER)
    assert found == {
        "tls.subject": "CN=www.example.com,OU=DVRNVR,O=Example Technology Co.\\,Ltd.,L=HangZhou,ST=ZheJiang,C=CN",
        "tls.issuer": found["tls.subject"],
        "tls.serial": "1f2e",
        "tls.not_before": "1970-01-01T00:00:00Z",
        "tls.not_after": "2055-12-31T23:59:59Z",
        "tls.sha256": hashlib.sha256(RECORDER).hexdigest(),
        "tls.san": ("camera.example.com", "192.0.2.10", "2001:db8::1", "a@example.com", "urn:x"),
    }


def by_hand(der: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    def refuse(der: bytes) -> dict[str, object]:
        raise ValueError("refused")

    with monkeypatch.context() as patched:
        patched.setattr(tls_certificate, "_read_by_library", refuse)
        return dict(certificate_fields(der))


def test_the_walk_by_hand_agrees_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_hand(RECORDER, monkeypatch) == certificate_fields(RECORDER)


ATTRIBUTES = (
    *(NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.EMAIL_ADDRESS, NameOID.TITLE),
    *(NameOID.DOMAIN_COMPONENT, NameOID.USER_ID, NameOID.STREET_ADDRESS, x509.ObjectIdentifier("2.999.1")),
)
NAMES = st.lists(
    st.tuples(
        st.sampled_from(ATTRIBUTES),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    ),
    max_size=4,
)


@given(NAMES, st.integers(1, 2**150))
def test_the_walk_agrees_on_any_names_and_serials(
    names: list[tuple[x509.ObjectIdentifier, str]], serial: int
) -> None:
    der = certificate(names, serial=serial)
    expected = certificate_fields(der)
    with pytest.MonkeyPatch.context() as patched:
        assert by_hand(der, patched) == expected


def test_a_negative_serial_is_read_by_hand() -> None:
    at = RECORDER.index(b"\x02\x02\x1f\x2e")
    negative = RECORDER[:at] + b"\x02\x02\x9f\x2e" + RECORDER[at + 4 :]
    found = certificate_fields(negative)
    assert found["tls.serial"] == "9f2e"
    assert str(found["tls.subject"]).startswith("CN=www.example.com,")


def test_broken_parts_do_not_hide_the_others() -> None:
    at = RECORDER.index(b"700101000000Z")
    found = certificate_fields(RECORDER[:at] + b"709901000000Z" + RECORDER[at + 13 :])
    assert "tls.not_before" not in found
    assert found["tls.serial"] == "1f2e"
    assert found["tls.san"][0] == "camera.example.com"


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x00" * 1_000, b"\x30\x82" * 50_000]
)
def test_what_is_no_certificate_has_its_hash(der: bytes) -> None:
    assert certificate_fields(der)["tls.sha256"] == hashlib.sha256(der).hexdigest()


def test_ten_thousand_alternative_names_are_bounded() -> None:
    der = certificate([(NameOID.COMMON_NAME, "x")], [x509.DNSName(f"n{n}.example.com") for n in range(10_000)])
    assert len(certificate_fields(der)["tls.san"]) == FIELDS["tls.san"].max_items


def test_hostile_names_are_only_text() -> None:
    der = certificate([(NameOID.COMMON_NAME, "<script>\x1b]0;x\x07\u202e")])
    assert "\\<script\\>" in certificate_fields(der)["tls.subject"]


@given(st.binary(max_size=300))
def test_any_bytes_give_a_hash(der: bytes) -> None:
    assert "tls.sha256" in certificate_fields(der)


@given(st.integers(0, len(RECORDER) - 1), st.binary(min_size=1, max_size=3))
def test_a_certificate_with_bytes_changed_never_fails(at: int, change: bytes) -> None:
    found = certificate_fields(RECORDER[:at] + change + RECORDER[at + len(change) :])
    assert set(found) <= set(FIELDS)


@given(st.integers(0, len(RECORDER)))
def test_a_certificate_cut_anywhere_never_fails(at: int) -> None:
    assert "tls.sha256" in certificate_fields(RECORDER[:at])
