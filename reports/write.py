"""Reports on disk: each file is whole or not there, and a failure says what to do about it."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from reports.document import ReportDocument
from reports.render_options import RenderOptions
from reports.renderer import Renderer

FILE_STEM = "report"
"""Reports are called ``report.html``, ``report.json`` and so on, whatever the document's title."""

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space or name another folder",
    errno.EDQUOT: "your quota on this disk is used up; free some space or name another folder",
    errno.EFBIG: "the file is larger than this file system takes",
    errno.EACCES: "no permission to write there; name a folder of your own",
    errno.EPERM: "no permission to write there; name a folder of your own",
    errno.EROFS: "the file system is read-only; name another folder",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.EEXIST: "a part of this path is a file, not a folder",
    errno.EISDIR: "there is a folder of that name; move it away or name another folder",
    errno.ENOENT: "the folder does not exist",
    errno.ENAMETOOLONG: "the path is too long for this file system",
}


class WriteError(Exception):
    """A file could not be written; the text names it and says what to do, in one line."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason = _ADVICE.get(error.errno or 0, error.strerror or str(error))
        super().__init__(f"cannot write {path}: {reason}")
        self.path = path


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: under a temporary name beside it, renamed when whole.

    An earlier file of that name stays as it was until then. Raises ``WriteError``; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        # O_EXCL: never through a link that somebody else laid there. 0o666 leaves the rest to the umask.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(path, error) from error


def write_reports(
    document: ReportDocument, folder: Path, renderers: Sequence[Renderer], options: RenderOptions
) -> tuple[Path, ...]:
    """Render ``document`` with each of ``renderers`` and write the results into ``folder``, made if missing.

    All are rendered before the first is written. A renderer that is no manifest is left out when there is no
    device. Gives the paths written; raises ``RenderError`` and ``WriteError``.
    """
    wanted = [renderer for renderer in renderers if renderer.is_manifest or document.devices]
    rendered = [(folder / f"{FILE_STEM}.{one.extension}", one.render(document, options)) for one in wanted]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error) from error
    for path, data in rendered:
        write_whole(path, data)
    return tuple(path for path, _ in rendered)
