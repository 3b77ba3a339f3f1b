"""What a renderer is, and the list of them all. A new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reports import csv_table, json_document
from reports.document import ReportDocument
from reports.html import page
from reports.render_options import RenderOptions


class Renderer(NamedTuple):
    """One form of a report.

    ``render`` is a pure function from document and options to the bytes of a file: it opens no socket, reads
    no clock and writes nothing; it may raise ``RenderError``. A manifest is written even when nothing was found.
    """

    name: str
    media_type: str
    extension: str
    is_manifest: bool
    render: Callable[[ReportDocument, RenderOptions], bytes]


RENDERERS: tuple[Renderer, ...] = (
    Renderer("html", "text/html; charset=utf-8", "html", True, page.render),
    Renderer("json", "application/json", "json", True, json_document.render),
    Renderer("csv", "text/csv; charset=utf-8; header=present", "csv", True, csv_table.render),
)
"""Every renderer, in the order in which reports are written."""


def renderers_named(names: Sequence[str]) -> tuple[Renderer, ...]:
    """The renderers called ``names``, in that order; raises ``ValueError`` naming one that does not exist."""
    by_name = {renderer.name: renderer for renderer in RENDERERS}
    for name in names:
        if name not in by_name:
            raise ValueError(f'no report format "{name}"; there are {", ".join(by_name)}')
    return tuple(by_name[name] for name in names)
