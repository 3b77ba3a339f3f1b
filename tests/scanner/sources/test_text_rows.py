from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.reading import BadLine
from scanner.sources.text_rows import Row, delimited_rows, text_lines


def rows(document: bytes, delimiter: str = ",") -> list[list[str]]:
    found = list(delimited_rows(text_lines([document], "f"), "f", delimiter))
    assert not [item for item in found if isinstance(item, BadLine)]
    return [list(item) for item in found if isinstance(item, Row)]


def test_quotation_marks_over_lines_and_inside_cells() -> None:
    assert rows(b'a,"b\nc, ""d""",e\r\n\r\nf,24" screen,g\nh,i,j\n') == [
        ["a", 'b\nc, "d"', "e"], ["f", '24" screen', "g"], ["h", "i", "j"],
    ]  # fmt: skip


def test_a_quotation_mark_that_never_ends_costs_no_other_row() -> None:
    document = b'a,b\n"c,d\n' + b"e,f\n" * 2_000
    found = rows(document)
    assert found[0] == ["a", "b"]
    assert found.count(["e", "f"]) == 2_000


def test_lines_know_where_they_stand() -> None:
    found = list(delimited_rows(text_lines([b'a\n\n"b\nc"\nd'], "f"), "f", ","))
    assert [(item.number, item.ended) for item in found if isinstance(item, Row)] == [
        (1, True),
        (3, True),
        (5, False),
    ]


def test_lines_that_are_not_utf8_are_read_as_the_other_set() -> None:
    assert [str(line) for line in text_lines([b"caf\xe9\ncaf\xc3\xa9\n"], "f", otherwise="cp1252")] == [
        "café",
        "café",
    ]


def test_a_line_without_end_is_dropped_and_said() -> None:
    (bad, line) = text_lines([b"x" * 3_000_000, b"\nok\n"], "f")
    assert isinstance(bad, BadLine)
    assert line == "ok"


CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;|"))
def test_what_csv_writes_is_read_back(table: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    assert rows(out.getvalue().encode(), delimiter) == table


@given(st.binary(max_size=200), st.sampled_from(",;\t|"))
def test_any_bytes_are_survived(data: bytes, delimiter: str) -> None:
    for item in delimited_rows(text_lines([data], "f"), "f", delimiter):
        assert isinstance(item, (Row, BadLine))
