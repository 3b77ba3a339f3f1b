"""The objects of a file of JSON lines, or of one JSON document, each with its line; bad ones as ``BadLine``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, clean, decode_json
from scanner.sources.reading import BadLine
from scanner.sources.text_lines import ObjectSplitter, numbered_lines


def json_records(
    chunks: Iterable[Chunk], file: str, *, document: bool
) -> Iterator[tuple[int, JsonObject] | BadLine]:
    """Line and object one by one; ``document`` where the file is one value and not one on each line."""
    for piece in ObjectSplitter().split(chunks) if document else numbered_lines(chunks):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        try:
            value = decode_json(piece.data)
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
            yield piece.line, value
        except ValueError as error:
            cut = "" if piece.ended else "the last line is cut off: "
            yield BadLine(piece.line, clean(f"{cut}{error}"), file)
