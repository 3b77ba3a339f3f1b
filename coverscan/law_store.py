"""The law as this user has it: what ships, or a newer signed bundle in the data folder, with lists refreshed on top."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.settings import data_folder
from regulations.bundle import (
    Bundle,
    BundleError,
    pinned_keys,
    public_key_of,
    read_bundle,
    read_folder,
    write_folder,
)
from regulations.knowledge import Knowledge, KnowledgeError, load_knowledge, read_knowledge
from regulations.list_refresh import ListRefresh, refreshed

_UNDO = "coverscan coverage bundle remove"


def law_folder() -> Path:
    """Where a bundle and refreshed lists are kept."""
    return data_folder() / "law"


def current_law() -> Knowledge:
    """The law to answer from; ``Failure`` where the installed bundle or lists are not as they were put there.

    An installed bundle that is older than what ships with the program is left aside.
    """
    law = _installed() or shipped_law()
    refreshes = kept_refreshes()
    if not refreshes:
        return law
    try:
        return _refreshed_once(law, refreshes)
    except KnowledgeError as error:
        raise Failure(
            f"{_refresh_file()}: {error}", ExitCode.FAILED, "coverscan coverage refresh --forget"
        ) from None


_last_refreshed: tuple[Knowledge, tuple[ListRefresh, ...], Knowledge] | None = None


def _refreshed_once(law: Knowledge, refreshes: tuple[ListRefresh, ...]) -> Knowledge:
    """The same value for the same law and lists, so that answers stay in their cache."""
    global _last_refreshed
    if _last_refreshed is None or _last_refreshed[0] is not law or _last_refreshed[1] != refreshes:
        _last_refreshed = (law, refreshes, refreshed(law, refreshes))
    return _last_refreshed[2]


def shipped_law() -> Knowledge:
    """The knowledge base that ships with the program."""
    try:
        return load_knowledge()
    except KnowledgeError as error:
        raise Failure(str(error)) from None


def _installed() -> Knowledge | None:
    folder = law_folder() / "bundle"
    if not folder.is_dir():
        return None
    try:
        bundle = read_folder(folder, trusted_keys(law_folder() / "own_key.pem"))
        if bundle.manifest.reviewed <= shipped_law().reviewed.isoformat() and bundle.signed_by != OWN_KEY:
            return None
        return load_knowledge(folder)
    except (BundleError, KnowledgeError) as error:
        raise Failure(f"{folder}: {error}", ExitCode.FAILED, _UNDO) from None


OWN_KEY = "own key"
"""The name of a key that the user trusts beside those that ship with the program."""


def trusted_keys(own: Path | None) -> dict[str, Ed25519PublicKey]:
    """The pinned keys, and the user's own where there is one."""
    keys = pinned_keys()
    if own is not None and own.is_file():
        keys[OWN_KEY] = public_key_of(own.read_bytes())
    return keys


def bundle_from(file: Path, own_key: Path | None) -> tuple[Bundle, Knowledge]:
    """A bundle with what it knows, checked; ``Failure`` says why it is refused. Nothing is installed."""
    try:
        if own_key is not None and not own_key.is_file():
            raise BundleError(f"{own_key}: no such key file")
        bundle = read_bundle(file.read_bytes(), trusted_keys(own_key))
        with tempfile.TemporaryDirectory() as folder:
            write_folder(bundle, Path(folder))
            return bundle, read_knowledge(Path(folder))
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
    except (BundleError, KnowledgeError) as error:
        raise Failure(f"{file}: refused: {error}", ExitCode.INPUT_UNUSABLE) from None


def install(bundle: Bundle, own_key: Path | None) -> Path:
    """Put a checked bundle in place of the one that may be there; returns its folder."""
    folder = law_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="bundle-", dir=folder))
        write_folder(bundle, fresh)
        shutil.rmtree(folder / "bundle", ignore_errors=True)
        fresh.rename(folder / "bundle")
        if own_key is not None and bundle.signed_by == OWN_KEY:
            shutil.copyfile(own_key, folder / "own_key.pem")
    except OSError as error:
        raise Failure(f"{folder}: cannot be written ({error.strerror})") from None
    return folder / "bundle"


def remove_installed() -> bool:
    """Go back to the knowledge that ships; false where no bundle was installed."""
    folder = law_folder() / "bundle"
    was_there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    (law_folder() / "own_key.pem").unlink(missing_ok=True)
    return was_there


def _refresh_file() -> Path:
    return law_folder() / "refreshed_lists.json"


def kept_refreshes() -> tuple[ListRefresh, ...]:
    """The lists that the user refreshed, one entry a list."""
    file = _refresh_file()
    if not file.is_file():
        return ()
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[ListRefresh, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise Failure(
            f"{file}: cannot be read ({error})", ExitCode.FAILED, "coverscan coverage refresh --forget"
        ) from None


def keep_refreshes(refreshes: Iterable[ListRefresh]) -> Path:
    """Remember refreshed lists beside those of other lists."""
    kept = {one.list: one for one in (*kept_refreshes(), *refreshes)}
    file = _refresh_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(".new")
        written.write_bytes(msgspec.json.format(msgspec.json.encode(tuple(kept.values())), indent=1))
        written.replace(file)
    except OSError as error:
        raise Failure(f"{file}: cannot be written ({error.strerror})") from None
    return file


def forget_refreshes() -> bool:
    """Go back to the lists as the knowledge base has them; false where none was refreshed."""
    was_there = _refresh_file().is_file()
    _refresh_file().unlink(missing_ok=True)
    return was_there
