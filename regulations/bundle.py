"""Signed bundles of a knowledge base: made, read and checked, so that knowledge can be renewed without a release.

A bundle is a zip file with the YAML files of ``lists/`` and ``rules/``, ``manifest.json`` with the hash of each, and
``manifest.sig``, an Ed25519 signature of the manifest. Only keys that are given are trusted; those that ship with the
program stand in ``bundle_keys/``.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
MAX_FILES, MAX_FILE_BYTES, MAX_BUNDLE_BYTES = 200, 4_000_000, 20_000_000
KEYS = Path(__file__).parent / "bundle_keys"

_NAME = re.compile(r"(lists|rules)/[a-z0-9_]{1,60}\.yaml")
_SIGNED_AS = b"coverscan law bundle\n"
_SAME_TIME = (1980, 1, 1, 0, 0, 0)


class BundleError(ValueError):
    """A bundle that cannot be used, and why."""


class FileHash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says of one file."""

    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle holds. ``made_on`` and ``reviewed`` are days (ISO); the newer review wins."""

    format: int
    made_on: str
    reviewed: str
    note: str = ""
    files: dict[str, FileHash]


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle whose signature and hashes were found right, with the name of the key that signed it."""

    manifest: Manifest
    signed_by: str
    files: dict[str, bytes]
    manifest_bytes: bytes
    signature: bytes


def public_key_of(text: bytes) -> Ed25519PublicKey:
    """The public key in a PEM file; BundleError if it is none."""
    try:
        key = serialization.load_pem_public_key(text)
    except (ValueError, TypeError) as error:
        raise BundleError("no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError("not an Ed25519 key")
    return key


def private_key_of(text: bytes) -> Ed25519PrivateKey:
    """The private key in a PEM file without passphrase; BundleError if it is none."""
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise BundleError("no private key in PEM form without passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError("not an Ed25519 key")
    return key


def pinned_keys() -> dict[str, Ed25519PublicKey]:
    """The keys that ship with the program, by name."""
    return {path.stem: public_key_of(path.read_bytes()) for path in sorted(KEYS.glob("*.pem"))}


def make_bundle(folder: Path, key: Ed25519PrivateKey, *, made_on: str, reviewed: str, note: str = "") -> bytes:
    """The bundle of the knowledge base in ``folder``; the same contents and key make the same bytes."""
    paths = [path for part in ("lists", "rules") for path in sorted((folder / part).glob("*.yaml"))]
    files = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}
    for name in files:
        if not _NAME.fullmatch(name):
            raise BundleError(f"{name}: this name cannot stand in a bundle")
    manifest = Manifest(
        format=FORMAT,
        made_on=made_on,
        reviewed=reviewed,
        note=note,
        files={name: FileHash(_hash(data), len(data)) for name, data in files.items()},
    )
    text = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=2)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in {MANIFEST: text, SIGNATURE: key.sign(_SIGNED_AS + text), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _SAME_TIME), data, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def read_bundle(data: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Bundle:
    """The bundle in ``data`` if one of ``keys`` signed it; BundleError for anything that is not as it should be."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise BundleError(f"more than {MAX_BUNDLE_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES:
                raise BundleError(f"more than {MAX_FILES} files")
            held: dict[str, bytes] = {}
            for member in members:
                if member.filename in held:
                    raise BundleError(f"{member.filename[:80]!r} stands in it twice")
                held[member.filename] = _member(archive, member)
                if sum(map(len, held.values())) > MAX_BUNDLE_BYTES:
                    raise BundleError(f"unpacked more than {MAX_BUNDLE_BYTES} bytes")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise BundleError("not a bundle (no zip file, or damaged)") from error
    return _checked(held, keys)


def read_folder(folder: Path, keys: Mapping[str, Ed25519PublicKey]) -> Bundle:
    """The bundle that was unpacked into ``folder``, checked as if it had just arrived."""
    held: dict[str, bytes] = {}
    try:
        for path in (*folder.glob("*/*.yaml"), folder / MANIFEST, folder / SIGNATURE):
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BundleError(f"{path.name}: more than {MAX_FILE_BYTES} bytes")
            held[path.relative_to(folder).as_posix()] = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{folder}: cannot be read ({error.strerror})") from error
    return _checked(held, keys)


def write_folder(bundle: Bundle, folder: Path) -> None:
    """Unpack a checked bundle into an empty ``folder``, so that ``read_folder`` can check it again."""
    for name, data in {**bundle.files, MANIFEST: bundle.manifest_bytes, SIGNATURE: bundle.signature}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.filename not in (MANIFEST, SIGNATURE) and not _NAME.fullmatch(member.filename):
        raise BundleError(f"{member.filename[:80]!r} has no place in a bundle")
    with archive.open(member) as opened:
        data = opened.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise BundleError(f"{member.filename}: more than {MAX_FILE_BYTES} bytes")
    return data


def _checked(held: Mapping[str, bytes], keys: Mapping[str, Ed25519PublicKey]) -> Bundle:
    if MANIFEST not in held or SIGNATURE not in held:
        raise BundleError("not a bundle (no signed manifest)")
    text, signature = held[MANIFEST], held[SIGNATURE]
    signed_by = _signer(text, signature, keys.items())
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(f"the manifest cannot be read ({error})") from error
    if manifest.format != FORMAT:
        raise BundleError(f"made for another version of coverscan (format {manifest.format}, known is {FORMAT})")
    files = {name: data for name, data in held.items() if name not in (MANIFEST, SIGNATURE)}
    if set(files) != set(manifest.files):
        raise BundleError(
            f"files and manifest differ: {', '.join(sorted(set(files) ^ set(manifest.files)))[:200]}"
        )
    for name, said in manifest.files.items():
        if len(files[name]) != said.size or _hash(files[name]) != said.sha256:
            raise BundleError(f"{name}: not the file that was signed")
    return Bundle(manifest=manifest, signed_by=signed_by, files=files, manifest_bytes=text, signature=signature)


def _signer(text: bytes, signature: bytes, keys: Iterable[tuple[str, Ed25519PublicKey]]) -> str:
    for name, key in keys:
        try:
            key.verify(signature, _SIGNED_AS + text)
        except InvalidSignature:
            continue
        return name
    raise BundleError("the signature is of none of the keys that are trusted")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
