"""Signed bundles: only what a trusted key signed is used, and every kind of damage is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from regulations import bundle
from regulations.bundle import (
    BundleError,
    make_bundle,
    pinned_keys,
    private_key_of,
    public_key_of,
    read_bundle,
    read_folder,
    write_folder,
)
from regulations.knowledge import FOLDER, read_knowledge

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
TRUSTED = {"ours": KEY.public_key()}
DATA = make_bundle(FOLDER, KEY, made_on="2026-12-01", reviewed="2026-11-30", note="Something new.")


def rewritten(**replaced: bytes | None) -> bytes:
    """The bundle with members replaced (named with __ for / and without .yaml), added or, for None, left out."""
    names = {name.replace("__", "/") + ("" if "." in name else ".yaml"): data for name, data in replaced.items()}
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        held: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in {**held, **names}.items():
            if data is not None:
                archive.writestr(name, data)
    return written.getvalue()


def test_what_was_signed_comes_back_and_can_be_loaded(tmp_path: Path) -> None:
    found = read_bundle(DATA, {"first": OTHER.public_key(), **TRUSTED})
    assert found.signed_by == "ours"
    assert (found.manifest.made_on, found.manifest.reviewed, found.manifest.note) == (
        "2026-12-01",
        "2026-11-30",
        "Something new.",
    )
    write_folder(found, tmp_path)
    assert read_folder(tmp_path, TRUSTED).files == found.files
    assert set(read_knowledge(tmp_path).regimes) == set(read_knowledge(FOLDER).regimes)


def test_the_same_contents_make_the_same_bytes() -> None:
    again = make_bundle(FOLDER, KEY, made_on="2026-12-01", reviewed="2026-11-30", note="Something new.")
    assert again == DATA


def test_the_keys_that_ship_are_keys_and_did_not_sign_this() -> None:
    assert pinned_keys()
    with pytest.raises(BundleError, match="none of the keys"):
        read_bundle(DATA, pinned_keys())


@pytest.mark.parametrize("keys", [{}, {"other": OTHER.public_key()}])
def test_a_signature_of_somebody_else_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(BundleError, match="none of the keys that are trusted"):
        read_bundle(DATA, keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a bundle"),
        (b"PK\x03\x04 nonsense", "not a bundle"),
        (DATA[: len(DATA) // 2], "not a bundle"),
        (rewritten(lists__entities=b"entities: {}\n"), "not the file that was signed"),
        (rewritten(lists__entities=None), "files and manifest differ"),
        (rewritten(rules__more=b"rules: []\n"), "files and manifest differ"),
        (rewritten(**{"manifest.json": b"{}"}), "none of the keys"),
        (rewritten(**{"manifest.sig": b"x" * 64}), "none of the keys"),
        (rewritten(**{"manifest.sig": None}), "no signed manifest"),
        (rewritten(**{"../etc.yaml": b"x"}), "has no place"),
        (rewritten(**{"rules__x/../../y.yaml": b"x"}), "has no place"),
        (rewritten(**{"program.py": b"x"}), "has no place"),
    ],
)
def test_what_was_tampered_with_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        read_bundle(data, TRUSTED)


def test_a_file_that_grows_when_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lists/entities.yaml", b"0" * (bundle.MAX_FILE_BYTES + 1))
    with pytest.raises(BundleError, match="more than"):
        read_bundle(written.getvalue(), TRUSTED)
    monkeypatch.setattr(bundle, "MAX_BUNDLE_BYTES", 10)
    with pytest.raises(BundleError, match="more than 10 bytes"):
        read_bundle(DATA, TRUSTED)


def test_a_bundle_of_another_format_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "FORMAT", 99)
    newer = make_bundle(FOLDER, KEY, made_on="2026-12-01", reviewed="2026-11-30")
    monkeypatch.undo()
    with pytest.raises(BundleError, match="another version"):
        read_bundle(newer, TRUSTED)


def test_an_unpacked_file_that_was_changed_later_is_refused(tmp_path: Path) -> None:
    write_folder(read_bundle(DATA, TRUSTED), tmp_path)
    path = tmp_path / "lists" / "listings.yaml"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleError, match=r"lists/listings\.yaml: not the file"):
        read_folder(tmp_path, TRUSTED)
    path.unlink()
    with pytest.raises(BundleError, match="differ"):
        read_folder(tmp_path, TRUSTED)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    with pytest.raises(BundleError):
        public_key_of(text)
    with pytest.raises(BundleError):
        private_key_of(text)
