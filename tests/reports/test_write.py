from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from reports.document import ReportDocument
from reports.render_options import RenderError, RenderOptions
from reports.renderer import RENDERERS, Renderer
from reports.write import WriteError, write_reports, write_whole


def test_all_reports_are_written_under_their_names(tmp_path: Path, document: ReportDocument) -> None:
    folder = tmp_path / "new" / "folder"
    paths = write_reports(document, folder, RENDERERS, RenderOptions())
    assert [path.name for path in paths] == ["report.html", "report.json", "report.csv"]
    assert sorted(path.name for path in folder.iterdir()) == ["report.csv", "report.html", "report.json"]
    assert paths[1].read_bytes() == RENDERERS[1].render(document, RenderOptions())


def test_an_earlier_report_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "report.csv", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.csv").stat().st_mode) == 0o640


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "report.html").symlink_to(victim)
    write_whole(tmp_path / "report.html", b"new")
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "report.html").is_symlink()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your quota"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failure_says_what_to_do_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, advice: str
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError, match=advice) as caught:
        write_whole(path, b"new")
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_where_the_file_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(WriteError, match="there is a folder of that name"):
        write_whole(tmp_path / "report.html", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path, document: ReportDocument) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(WriteError, match="is a file, not a folder"):
        write_reports(document, tmp_path / "out", RENDERERS, RenderOptions())
    with pytest.raises(WriteError, match="is a file, not a folder"):
        write_reports(document, tmp_path / "out" / "deeper", RENDERERS, RenderOptions())


def test_nothing_is_written_when_one_form_cannot_be_rendered(tmp_path: Path, document: ReportDocument) -> None:
    def fail(document: ReportDocument, options: RenderOptions) -> bytes:
        raise RenderError("template x, line 1: wrong")

    broken = Renderer("bad", "text/plain", "txt", True, fail)
    with pytest.raises(RenderError):
        write_reports(document, tmp_path, [*RENDERERS, broken], RenderOptions())
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_manifest_is_left_out_when_nothing_was_found(
    tmp_path: Path, document: ReportDocument, empty_document: ReportDocument
) -> None:
    orders = Renderer("orders", "text/plain", "txt", False, lambda document, options: b"work order")
    assert write_reports(empty_document, tmp_path, [orders], RenderOptions()) == ()
    assert write_reports(document, tmp_path, [orders], RenderOptions()) == (tmp_path / "report.txt",)
