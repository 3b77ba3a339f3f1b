from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.xml_text import MAX_TAGS, decode_xml, first_texts, tags


def test_texts_are_found_by_local_name_whatever_the_prefix() -> None:
    xml = '<?xml version="1.0"?><d:A xmlns:d="urn:x"><d:Name> one </d:Name><b:name>two</b:name><Empty/></d:A>'
    assert first_texts(xml) == {"a": "", "name": "one", "empty": ""}


def test_an_empty_element_gives_way_to_a_later_one_with_text() -> None:
    assert first_texts("<a></a><a>later</a>")["a"] == "later"


def test_references_are_resolved_once_and_only_the_predefined_ones() -> None:
    xml = "<!DOCTYPE a [<!ENTITY lol 'lol'>]><a>&lt;&amp;lt;&#65;&#x42;&lol;&nbsp; R&D &#0;&#xD800;&#9999999;</a>"
    assert first_texts(xml)["a"] == "<&lt;AB&lol;&nbsp; R&D \ufffd\ufffd\ufffd"


def test_cdata_is_text_and_comments_are_not() -> None:
    assert first_texts("<a>1<!-- <b>no</b> --><![CDATA[<2>&amp;]]>3</a>") == {"a": "1<2>&amp;3"}


def test_a_greater_sign_in_an_attribute_does_not_end_the_tag() -> None:
    assert first_texts("""<a b="1>2" c='>'>text</a>""") == {"a": "text"}


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("<a>half", {"a": "half"}),
        ("<a>one<b>two</a>", {"a": "one", "b": "two"}),
        ('<a b="never closed>text</a>', {"a": "text"}),
        ("<a>1 < 2</a>", {"a": "1 < 2"}),
        ("no markup at all", {}),
        ("<a>x</a", {"a": "x</a"}),
    ],
)
def test_broken_documents_give_what_can_be_read(broken: str, expected: dict[str, str]) -> None:
    assert first_texts(broken) == expected


def test_the_number_of_tags_is_bounded() -> None:
    assert len(list(tags("<a>" * (3 * MAX_TAGS)))) == MAX_TAGS


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 500_000,
        "<a " * 150_000,
        '<a b="x' * 70_000,
        "<!--" * 120_000,
        "<![CDATA[" * 50_000,
        "&#" * 250_000,
        "<a '\"" * 80_000,
        "<" + "a" * 500_000,
        ("<" + "a" * 255) * 2_000,
        "<a " + "'" * 500_000,
        "<!DOCTYPE x [" + '<!ENTITY a "&b;&b;">' * 20_000,
    ],
)
def test_half_a_megabyte_of_malice_takes_linear_time(hostile: str) -> None:
    started = time.perf_counter()
    first_texts(hostile)
    assert time.perf_counter() - started < 1.0


def test_the_declared_encoding_is_believed_where_it_is_known() -> None:
    assert decode_xml('<?xml version="1.0" encoding="GB2312"?><a>枪机</a>'.encode("gb2312")).endswith("枪机</a>")
    assert decode_xml("<a>枪机</a>".encode("gb2312"), otherwise="gb18030") == "<a>枪机</a>"
    assert decode_xml(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>').startswith("<?xml")


@given(st.text(alphabet="<>/!?[]&;#'\"=ab -:CDATA"))
def test_any_text_gives_tags(xml: str) -> None:
    for tag in tags(xml):
        assert tag.text == tag.text.strip()


@given(st.binary())
def test_any_bytes_give_text(data: bytes) -> None:
    first_texts(decode_xml(data))
    first_texts(decode_xml(data, otherwise="gb18030"))
