"""Bytes of strangers to text: only codecs that are safe to run on hostile input, and never an exception."""

from __future__ import annotations

import codecs

# Labels as devices write them. UTF-16 counts by its byte order mark only; codecs that transform, such as
# base64, zip, punycode or unicode_escape, must never be reachable by a name from the network.
_CODECS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk", "cp936"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks-c-5601-1987", "cp949", "windows-949"), "cp949"),
    **dict.fromkeys(("shift-jis", "shiftjis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    "euc-jp": "euc_jp",
    "koi8-r": "koi8_r",
    # What calls itself Latin-1 is Windows-1252 in practice (WHATWG Encoding Standard).
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "l1", "windows-1252", "cp1252"), "cp1252"),
    **{f"iso-8859-{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-{page}": f"cp{page}" for page in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
}
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes, declared: str | None = None, *, otherwise: str = "utf-8") -> str:
    """The text of ``data``: by its byte order mark, else as ``declared``, else as UTF-8.

    A declared UTF-8, or a name that is not known, is a guess: what is not UTF-8 is then read as the codec
    ``otherwise`` where all of it fits. Everything else becomes UTF-8 with U+FFFD. A character that was cut in
    half at the end is dropped.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    label = (declared or "").strip().strip("\"'").lower().replace("_", "-")
    if label in _CODECS:
        return data.decode(_CODECS[label], "replace")
    for codec in ("utf-8", otherwise):
        text = _strictly(data, codec)
        if text is not None:
            return text
    return data.decode("utf-8", "replace")


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(data, final=False)
    except UnicodeDecodeError:
        return None
