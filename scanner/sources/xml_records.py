"""Reads the records of a large XML file one after the other: streamed, bounded, and past damage.

Scanners' files are cut off where the run was killed, hold two runs one after the other, control characters and
references to no character, and now and then a tag that was written into another one. Reading goes on behind such
a place. Entities are never expanded: a file that declares any is refused; nothing outside the file is fetched.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple
from xml.parsers import expat

from scanner.sources.decompression import Chunk, Damage

_MAX_DEPTH = 64
_MAX_TEXT = 1_048_576
_MAX_RECORD_CHARS = 64 * 1_048_576
_MAX_RECORD_ELEMENTS = 500_000
_MAX_TOKEN = 16 * 1_048_576
_MAX_RESTARTS = 10_000
_SLICE = 65_536
_LONGEST_REFERENCE = 16
_MAX_NAME_TAIL = 64

_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})""")
_SINGLE_BYTE = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252"}
_NO_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,10})|([0-9]{1,10}));")


class Element:
    """One element of a record: its attributes, its children and the text directly in it."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.children: list[Element] = []
        self.text = ""

    def get(self, attribute: str) -> str | None:
        """The attribute's value, None where it is not there or empty."""
        return self.attributes.get(attribute) or None

    def every(self, *path: str) -> list[Element]:
        """The descendants that ``path`` leads to, in order."""
        found = [self]
        for name in path:
            found = [child for parent in found for child in parent.children if child.name == name]
        return found

    def first(self, *path: str) -> Element | None:
        """The first descendant that ``path`` leads to."""
        return next(iter(self.every(*path)), None)

    def text_at(self, *path: str) -> str | None:
        """The text of the first descendant that ``path`` leads to, without white space around it."""
        found = self.first(*path)
        return (found.text.strip() or None) if found is not None else None


class XmlProblem(NamedTuple):
    """A place where something was lost."""

    line: int
    reason: str


class _Refused(Exception):
    """The file asks for what is never done; reading stops."""


class _OutOfBounds(Exception):
    """A record that is larger than any real one; reading goes on behind it."""


class XmlRecords:
    """Takes ``record`` elements, each with all it holds, out of a document whose root is ``root``.

    ``part`` is the path from a record to the elements (``ports/port``) at which reading can go on after damage
    inside the record.
    ``marks`` are elements outside records that are given as well, with their attributes alone.
    """

    def __init__(self, root: str, record: str, part: str, marks: frozenset[str] = frozenset()) -> None:
        self._record = record
        *between, self._part = part.split("/")
        self._around_part = [record, *between]
        self._marks = marks
        begins = rf"<(\?xml|{root}|{record})[\s>/]"
        self._at_record = re.compile(begins.encode())
        self._at_part = re.compile(begins.replace(record, f"{record}|{self._part}").encode())
        self._out: list[Element | XmlProblem] = []
        self._open: list[Element] = []  # the record that is being built, down to the element that is open
        self._outside: list[str] = []  # names of the open elements around it
        self._around_record = [root]
        self._chars = self._elements = 0
        self._parser: expat.XMLParserType | None = None
        self._base_line = self._line = 1
        self._fed = self._events = self._quiet = self._restarts = 0
        self._tail = b""

    def read(self, chunks: Iterable[Chunk]) -> Iterator[Element | XmlProblem]:
        """Records and marks in order, with the problems where they occurred."""
        self._start_parser([])
        for chunk in _well_formed_characters(chunks):
            if isinstance(chunk, Damage):
                self._out.append(XmlProblem(self._line, chunk.reason))
                self._parser = None
            else:
                for at in range(0, len(chunk), _SLICE):
                    stopped = self._take(chunk[at : at + _SLICE])
                    yield from self._drain()
                    if stopped:
                        return
        self._end()
        yield from self._drain()

    def _drain(self) -> Iterator[Element | XmlProblem]:
        out, self._out = self._out, []
        yield from out

    def _take(self, data: bytes) -> bool:
        """Parse one slice; True where reading must stop."""
        while data:
            if self._parser is None:
                data = self._seek(data)
                continue
            before = self._events
            try:
                self._parser.Parse(data, False)
            except _Refused as refusal:
                self._out.append(XmlProblem(self._line, f"{refusal}: reading stopped"))
                return True
            except expat.ExpatError as error:
                data = self._behind(data, self._parser.ErrorByteIndex, expat.ErrorString(error.code))
            except _OutOfBounds as error:
                self._open.clear()
                data = self._behind(data, self._parser.CurrentByteIndex, str(error))
            else:
                self._fed += len(data)
                self._line += data.count(b"\n")
                self._quiet = self._quiet + len(data) if self._events == before else 0
                if self._quiet > _MAX_TOKEN:
                    self._out.append(XmlProblem(self._line, "a tag or comment is longer than 16 MiB"))
                    self._parser = None
                return False
            self._restarts += 1
            if self._restarts > _MAX_RESTARTS:
                self._out.append(XmlProblem(self._line, "too much of the file is damaged: reading stopped"))
                return True
        return False

    def _behind(self, data: bytes, error_index: int, reason: str) -> bytes:
        """Report damage; what follows it in ``data``."""
        at = max(0, min(len(data), error_index - self._fed))
        line = self._line + data.count(b"\n", 0, at)
        again = data[at:].lstrip()[:8]
        if not (not self._outside and not self._open and again.startswith((b"<?xml", b"<!DOCTYPE"))):
            self._out.append(XmlProblem(line, f"the XML is damaged here ({reason})"))
        at += self._events == 0  # not the same start again
        self._line += data.count(b"\n", 0, at)
        self._parser = None
        return data[at:]

    def _seek(self, data: bytes) -> bytes:
        """Go to where reading can start again, and start; what follows in ``data``."""
        text = self._tail + data
        self._line -= self._tail.count(b"\n")
        found = (self._at_part if self._open else self._at_record).search(text)
        if found is None:
            self._line += text.count(b"\n")
            self._tail = text[-_MAX_NAME_TAIL:]
            return b""
        self._line += text.count(b"\n", 0, found.start())
        self._tail = b""
        name = found[1].decode()
        if name == self._part and self._open:
            self._reopen_part()
        else:
            self._finish_record()
            self._start_parser(self._around_record if name == self._record else [])
        return text[found.start() :]

    def _reopen_part(self) -> None:
        path = self._around_part
        same = [opened.name for opened in self._open[: len(path)]] == path[: len(self._open)]
        del self._open[len(path) if same else 1 :]
        while len(self._open) < len(path):
            child = Element(path[len(self._open)], {}, self._line)
            self._open[-1].children.append(child)
            self._open.append(child)
        self._start_parser(self._around_record, path)

    def _start_parser(self, outside: list[str], inside: Iterable[str] = ()) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_subset
        parser.EntityDeclHandler = _refuse_entities
        prefix = "".join(f"<{name}>" for name in (*outside, *inside)).encode()
        parser.Parse(prefix, False)
        self._outside = list(outside)
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._text
        self._parser, self._base_line = parser, self._line
        self._fed, self._events, self._quiet = len(prefix), 0, 0

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._events += 1
        if len(self._outside) + len(self._open) >= _MAX_DEPTH:
            raise _OutOfBounds(f"elements are nested deeper than {_MAX_DEPTH}")
        line = self._base_line + self._parser.CurrentLineNumber - 1 if self._parser is not None else self._line
        element = Element(name, attributes, line)
        if self._open:
            self._elements += 1
            self._count(sum(map(len, attributes.values())))
            self._open[-1].children.append(element)
            self._open.append(element)
        elif name == self._record:
            self._around_record = list(self._outside)
            self._chars = self._elements = 0
            self._open.append(element)
        else:
            self._outside.append(name)
            if name in self._marks:
                self._out.append(element)

    def _close(self, _name: str) -> None:
        self._events += 1
        if len(self._open) == 1:
            self._finish_record()
        elif self._open:
            self._open.pop()
        elif self._outside:
            self._outside.pop()

    def _text(self, text: str) -> None:
        self._events += 1
        if self._open and len(self._open[-1].text) < _MAX_TEXT:
            self._count(len(text))
            self._open[-1].text += text

    def _count(self, chars: int) -> None:
        self._chars += chars
        if self._chars > _MAX_RECORD_CHARS or self._elements > _MAX_RECORD_ELEMENTS:
            raise _OutOfBounds(f"a {self._record} element is larger than any real one")

    def _finish_record(self) -> None:
        if self._open:
            self._out.append(self._open[0])
            self._open.clear()

    def _end(self) -> None:
        """The end of the file: an open record is given as far as it came."""
        if self._parser is not None:
            try:
                self._parser.Parse(b"", True)
            except (expat.ExpatError, _OutOfBounds):
                self._out.append(XmlProblem(self._line, "the file ends too early: it was cut off"))
            except _Refused as refusal:
                self._out.append(XmlProblem(self._line, str(refusal)))
        self._finish_record()


def _refuse_subset(_name: str, _system: str | None, _public: str | None, has_internal_subset: bool) -> None:
    if has_internal_subset:
        raise _Refused("the document brings its own declarations, which no scanner writes")


def _refuse_entities(*_: object) -> None:
    raise _Refused("the document declares entities, which are never expanded")


def _well_formed_characters(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The text in UTF-8 with only such characters as XML allows, none split between two chunks."""
    decoder: codecs.IncrementalDecoder | None = None
    held = ""
    for chunk in chain(chunks, [b""]):
        if isinstance(chunk, Damage):
            yield _cleaned(held)
            held = ""
            yield chunk
            continue
        if decoder is None:
            declared = _DECLARED.match(chunk[:256])
            codec = _SINGLE_BYTE.get(declared[1].decode("ascii").lower(), "utf-8") if declared else "utf-8"
            decoder = codecs.getincrementaldecoder(codec)("replace")
        text = held + decoder.decode(chunk, final=not chunk)
        cut = text.rfind("&", -_LONGEST_REFERENCE)
        keep = cut if chunk and cut >= 0 and ";" not in text[cut:] else len(text)
        held = text[keep:]
        if text[:keep]:
            yield _cleaned(text[:keep])


def _cleaned(text: str) -> bytes:
    return _REFERENCE.sub(_valid_reference, _NO_CHARACTER.sub(" ", text)).encode("utf-8", "replace")


def _valid_reference(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    valid = number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD
    return found[0] if valid or 0x10000 <= number <= 0x10FFFF else "\ufffd"
