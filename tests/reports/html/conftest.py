"""What the tests of the page read a page with."""

from __future__ import annotations

import re
import zlib
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


def pdf_pages(data: bytes) -> list[str]:
    """The text of each page of a PDF as Chromium writes it, by its fonts' own tables of characters."""
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", data, re.S)}

    def stream(number: int) -> bytes:
        head, _, rest = objects[number].partition(b"stream\n")
        content = rest.rpartition(b"\nendstream")[0]
        return zlib.decompress(content) if b"/FlateDecode" in head else content

    def characters(font: int) -> dict[int, str]:
        reference = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
        table: dict[int, str] = {}
        for part in (
            re.findall(rb"beginbf(?:char|range)\n(.*?)endbf", stream(int(reference[1])), re.S) if reference else []
        ):
            for line in part.splitlines():
                codes = [bytes.fromhex(code.decode()) for code in re.findall(rb"<([0-9A-Fa-f]+)>", line)]
                first, last = (int.from_bytes(code, "big") for code in (codes[0], codes[-2]))
                for offset in range(last - first + 1):
                    text = codes[-1].decode("utf-16-be")
                    table[first + offset] = text[:-1] + chr(ord(text[-1]) + offset)
        return table

    pages = []
    for body in objects.values():
        if b"/Type /Page\n" not in body:
            continue
        fonts = {name: characters(int(number)) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body)}
        content = re.search(rb"/Contents (\d+) 0 R", body)
        assert content is not None
        text, font = "", b""
        for name, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> ?Tj", stream(int(content[1]))):
            font = name or font
            codes = bytes.fromhex(shown.decode())
            text += "".join(
                fonts[font].get(int.from_bytes(codes[at : at + 2], "big"), "") for at in range(0, len(codes), 2)
            )
        pages.append(text)
    return pages


@pytest.fixture(scope="session")
def read_pdf() -> Callable[[bytes], list[str]]:
    """Reads the text of each page of a PDF."""
    return pdf_pages
