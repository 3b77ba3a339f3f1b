"""Texts out of XML that devices send: ill-formed, hostile, or both.

Not an XML parser: tags are taken one after the other as they stand, by local name, without a tree, so that
missing end tags, undeclared prefixes and 50,000 nested elements cost nothing. No DTD is read, nothing is
fetched, and no entity is expanded but the five predefined ones and character numbers. Time and memory are
linear in the input, because no pattern looks past the next ``<``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from scanner.character_sets import decode

MAX_TAGS = 8_192

_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)
      | <!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | <[?!][^<>]*+>?
      | <(?P<closing>/?)(?P<name>[^\s<>/"'=&!?]{1,256}+)
        (?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>  # attributes as they should be
          |[^<>]*+>)                             # a quotation mark that never ends""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})""")


class Tag(NamedTuple):
    """One tag: its name without prefix, and the text from it to the next tag, white space at the ends off."""

    name: str
    closing: bool
    text: str


def decode_xml(data: bytes, *, otherwise: str = "utf-8") -> str:
    """The text of an XML document, by its declaration where that can be believed (``character_sets.decode``)."""
    declared = _DECLARED.search(data[:256])
    return decode(data, declared[1].decode("ascii") if declared else None, otherwise=otherwise)


def tags(xml: str) -> Iterator[Tag]:
    """The tags of ``xml`` in order, at most ``MAX_TAGS``; comments and declarations are passed over."""
    name: str | None = None
    closing = False
    pieces: list[str] = []
    position = count = 0
    for markup in _MARKUP.finditer(xml):
        pieces.append(_without_references(xml[position : markup.start()]))
        position = markup.end()
        if markup["cdata"] is not None:
            pieces.append(markup["cdata"])
        if markup["name"] is None:
            continue
        if name is not None:
            yield Tag(name, closing, "".join(pieces).strip())
        pieces = []
        count += 1
        if count > MAX_TAGS:
            return
        name = markup["name"].rpartition(":")[2]
        closing = bool(markup["closing"])
    if name is not None:
        pieces.append(_without_references(xml[position:]))
        yield Tag(name, closing, "".join(pieces).strip())


def first_texts(xml: str) -> dict[str, str]:
    """For each local name in lower case, the first text that is not empty (an empty one if there is no other)."""
    return first_texts_of(tags(xml))


def first_texts_of(some_tags: Iterator[Tag] | list[Tag]) -> dict[str, str]:
    """``first_texts`` of tags already read."""
    texts: dict[str, str] = {}
    for tag in some_tags:
        if not tag.closing and not texts.get(tag.name.lower()):
            texts[tag.name.lower()] = tag.text
    return texts


def _without_references(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    if reference[3]:
        return _PREDEFINED[reference[3]]
    number = int(reference[1]) if reference[1] else int(reference[2], 16)
    # NUL, surrogates and numbers beyond Unicode are no characters.
    if number == 0 or 0xD800 <= number <= 0xDFFF or number > 0x10FFFF:
        return "\ufffd"
    return chr(number)
