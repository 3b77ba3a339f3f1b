"""What a user may choose about how a document is shown; the document itself never changes by it."""

from __future__ import annotations

from pathlib import Path

import msgspec


class RenderOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Choices for all renderers; each reads what concerns it.

    ``templates`` is a folder whose files replace the built-in templates of the same name
    (``reports/html/templates``: ``summary.html.j2``, ``style.css`` …).
    """

    templates: Path | None = None


class RenderError(Exception):
    """A report could not be made; the text says in one line what to put right."""
