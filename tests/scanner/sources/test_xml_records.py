from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.decompression import Damage
from scanner.sources.xml_records import Element, XmlProblem, XmlRecords

HEAD = b'<?xml version="1.0"?>\n<!DOCTYPE run>\n<?xml-stylesheet href="file:///x.xsl"?>\n<!-- by hand -->\n'
BODY = (
    b'<run start="1">\n<host id="1"><ports><port n="1"><s>caf\xc3\xa9</s></port><port n="2"/></ports></host>\n'
    b'<hint><host-like/></hint>\n<host id="2"><ports><port n="3"/></ports></host>\n</run>\n'
)


def read(*chunks: bytes) -> list[Element | XmlProblem]:
    return list(XmlRecords("run", "host", "ports/port", frozenset({"run"})).read(chunks))


def told(found: list[Element | XmlProblem]) -> list[str]:
    """Hosts as ``1:12`` (id and ports), marks by name, problems as ``!line``."""
    return [
        f"!{item.line}"
        if isinstance(item, XmlProblem)
        else item.name
        if item.name != "host"
        else f"{item.get('id')}:{''.join(port.attributes.get('n', '?') for port in item.every('ports', 'port'))}"
        for item in found
    ]


def test_records_with_all_they_hold_and_marks_without() -> None:
    run, first, second = read(HEAD + BODY)
    assert isinstance(run, Element)
    assert isinstance(first, Element)
    assert isinstance(second, Element)
    assert (run.attributes, run.children) == ({"start": "1"}, [])
    assert first.text_at("ports", "port", "s") == "café"
    assert (first.line, second.line) == (6, 8)
    assert (first.get("none"), first.first("none"), first.text_at("ports")) == (None, None, None)


@given(st.integers(0, len(HEAD + BODY)), st.integers(0, len(HEAD + BODY)))
def test_the_pieces_do_not_matter(first: int, second: int) -> None:
    document = HEAD + BODY
    low, high = sorted((first, second))
    assert told(read(document[:low], document[low:high], document[high:])) == ["run", "1:12", "2:3"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (HEAD + BODY[:-7], ["run", "1:12", "2:3", "!9"]),
        (HEAD + BODY[:60], ["run", "!6", "1:1"]),
        (HEAD + BODY + HEAD + BODY, ["run", "1:12", "2:3", "run", "1:12", "2:3"]),
        (HEAD + BODY[:-7] + HEAD + BODY, ["run", "1:12", "2:3", "!9", "run", "1:12", "2:3"]),
        (HEAD + BODY.replace(b'n="1">', b'n="1<t x="1"/>\nort="1">'), ["run", "!6", "1:2", "2:3"]),
        (HEAD + BODY.replace(b'<host id="1">', b"<host id='1' id='1'>"), ["run", "!6", "2:3"]),
        (HEAD + BODY.replace(b"</s>", b""), ["run", "!6", "1:12", "2:3"]),
        (b"Starting\n" + BODY, ["!1", "run", "1:12", "2:3"]),
        (HEAD, ["!5"]),
        (b"", ["!1"]),
    ],
)
def test_reading_goes_on_behind_damage(document: bytes, expected: list[str]) -> None:
    assert told(read(document)) == expected


@pytest.mark.parametrize(
    "bad", [b"\0", b"\x0b", b"\xff\xfe", b"&#0;", b"&#xdc80;", b"&#x1F;", b"\xef\xbf\xbe", b"&#99999999;"]
)
def test_characters_that_xml_does_not_have(bad: bytes) -> None:
    document = HEAD + BODY.replace(b"caf\xc3\xa9", b"x" + bad + b"y")
    assert told(read(document)) == ["run", "1:12", "2:3"]
    cut = document.index(bad) + 1
    assert told(read(document[:cut], document[cut:])) == ["run", "1:12", "2:3"]


def test_the_declared_character_set() -> None:
    document = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + BODY.replace(b"\xc3\xa9", b"\xe9")
    found = read(document)[1]
    assert isinstance(found, Element)
    assert found.text_at("ports", "port", "s") == "café"
    assert told(read(document.replace(b"ISO-8859-1", b"UTF-16"))) == ["run", "1:12", "2:3"]


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE run [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        b'<!DOCTYPE run [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE run [<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd">%p;]>',
        b"<!DOCTYPE run []>",
    ],
)
def test_entities_are_refused(declaration: bytes) -> None:
    found = read(declaration + BODY.replace(b"caf\xc3\xa9", b"&a;&b;&x;"))
    assert told(found) == ["!1"]
    assert "reading stopped" in str(found[0])


def test_a_foreign_dtd_is_not_fetched_and_its_entities_are_not_known() -> None:
    document = b'<!DOCTYPE run SYSTEM "http://192.0.2.1/run.dtd">' + BODY.replace(b"caf", b"&unknown;")
    assert told(read(document)) == ["run", "1:12", "2:3"]


def test_what_is_deeper_or_larger_than_anything_real() -> None:
    deep = b"<run><host id='9'>" + b"<a>" * 100 + b"</run>" + BODY.removeprefix(b'<run start="1">')
    assert told(read(deep))[:2] == ["run", "!1"]
    assert told(read(deep))[-2:] == ["1:12", "2:3"]
    quiet = [b"<run><!--", *[b"x" * 1_048_576] * 18, b"-->", BODY]
    assert told(read(*quiet)) == ["run", "!1", "run", "1:12", "2:3"]
    filled = b"<a>" + b"y" * 1_000_000 + b"</a>"
    huge = [b"<run><host>", *[filled] * 70, b"</host>", BODY.partition(b"\n")[2]]
    assert told(read(*huge)) == ["run", "!1", "1:12", "2:3"]


def test_damage_without_end_ends() -> None:
    found = read(b"<run>" + b"<host a=1 " * 20_000)
    assert 1 < len(found) < 30_000
    assert "too much" in str(found[-1])


def test_compressed_data_that_was_cut() -> None:
    whole = HEAD + BODY
    chunks: list[bytes | Damage] = [whole[:150], Damage("cut here"), whole[150:]]
    found = list(XmlRecords("run", "host", "ports/port").read(chunks))
    assert any(isinstance(item, XmlProblem) and item.reason == "cut here" for item in found)
    assert told(found)[-1] == "2:3"


def test_memory_does_not_grow_with_the_file() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"<run>"
        for _ in range(2_000):
            yield b'<host id="1"><ports>' + b'<port n="1"><s>text</s></port>' * 100 + b"</ports></host>"
        yield b"</run>"

    tracemalloc.start()
    count = sum(isinstance(item, Element) for item in XmlRecords("run", "host", "ports/port").read(chunks()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 4_000_000


@given(st.lists(st.sampled_from([
    b"<run>", b"</run>", b"<host id='1'>", b"</host>", b"<ports>", b"</ports>", b"<port n='1'>", b"</port>", b"<port/>",
    b"<", b"&", b"&#x;", b"<?xml version='1.0'?>", b"<!DOCTYPE run>", b"\xff", b"\n", b"text", b"<![CDATA[", b"]]>",
]), max_size=40))  # fmt: skip
def test_anything_is_survived(pieces: list[bytes]) -> None:
    for item in read(*pieces):
        assert isinstance(item, Element) or (item.reason and item.line >= 1)
