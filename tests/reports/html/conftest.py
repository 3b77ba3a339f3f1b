"""What the tests of the page read a page with."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import NamedTuple

import pytest


class Element(NamedTuple):
    """A start tag of the page."""

    tag: str
    attributes: dict[str, str | None]


class ParsedPage(HTMLParser):
    """All elements, all text outside scripts and styles, and what the scripts hold."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._texts: list[str] = []
        self._inside = ""
        self.feed(data.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside == "style":
            self.styles.append(data)
        else:
            self._texts.append(data)

    @property
    def text(self) -> str:
        """The text of the page, blanks collapsed."""
        return " ".join("".join(self._texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [element.attributes for element in self.elements if element.tag == tag]


@pytest.fixture(scope="session")
def parse_page() -> Callable[[bytes], ParsedPage]:
    """Parses a rendered page."""
    return ParsedPage
