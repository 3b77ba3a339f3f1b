"""Certificates and TLS contexts for emulated devices, made in memory at start."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from coverscan.demo.device_services import Tls

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


@cache
def device_key() -> ec.EllipticCurvePrivateKey:
    """The key of every emulated device of this process: elliptic, because making RSA keys takes seconds."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _issuing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    subject: str | x509.Name,
    *,
    issuer: str | x509.Name | None = None,
    serial: int | None = None,
    not_before: datetime.datetime = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    not_after: datetime.datetime = datetime.datetime(2035, 12, 31, tzinfo=datetime.UTC),
    names: Iterable[str] = (),
) -> x509.Certificate:
    """A certificate for ``device_key``; names in RFC 4514 form; without ``issuer`` it is self-signed."""
    subject_name = _name(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject_name)
        .issuer_name(subject_name if issuer is None else _name(issuer))
        .public_key(device_key().public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    general_names = [_general_name(name) for name in names]
    if general_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names), critical=False)
    return builder.sign(device_key() if issuer is None else _issuing_key(), hashes.SHA256())


def _name(name: str | x509.Name) -> x509.Name:
    return x509.Name.from_rfc4514_string(name) if isinstance(name, str) else name


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def context_for(
    chain: Iterable[x509.Certificate],
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> ssl.SSLContext:
    """A server context that shows ``chain`` (whose first certificate is for ``device_key``)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        # Old devices speak old versions: that is what is emulated here.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = minimum, maximum
    context.set_ciphers("ALL:@SECLEVEL=0")
    key = device_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = key + b"".join(found.public_bytes(serialization.Encoding.PEM) for found in chain)
    with tempfile.TemporaryDirectory(prefix="coverscan-demo-") as folder:
        # The ssl module reads certificates from files only.
        path = Path(folder) / "device.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


def server_context(tls: Tls, subject: str, issuer: str | None) -> ssl.SSLContext:
    """The context of an emulated service; ``subject`` and ``issuer`` are its names with placeholders filled."""
    shown = certificate(
        subject,
        issuer=issuer,
        serial=int(tls.serial_hex, 16) if tls.serial_hex else None,
        not_before=_moment(tls.not_before),
        not_after=_moment(tls.not_after),
        names=tls.names,
    )
    return context_for((shown,), _VERSIONS[tls.minimum_version], _VERSIONS[tls.maximum_version])


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
