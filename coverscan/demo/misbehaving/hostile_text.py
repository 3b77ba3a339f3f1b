"""Texts that do harm where they are shown without escaping: in a page, a terminal, a spreadsheet, a log."""

from __future__ import annotations

SCRIPT = b'"\'><script>document.title="harmed"</script><img src=x onerror=alert(1)>'
TERMINAL = b"\x1b]0;harmed\x07\x1b[2J\x1b[31mred\x1b[8m"
FORMULA = b"=cmd|'/C calc'!A0"
RIGHT_TO_LEFT = "\u202egnp.exe\u2066".encode()
INVALID_UTF8 = b"\xff\xfe\xc3\x28"
LONE_SURROGATE = b"\xed\xa0\x80"
TEMPLATE = b"{{7*7}}${7*7}%s%n"

ALL = b" ".join((FORMULA, SCRIPT, TERMINAL, RIGHT_TO_LEFT, INVALID_UTF8, LONE_SURROGATE, TEMPLATE))
"""All of them in one line without CR or LF; it begins with the formula, since only a beginning is one."""

READABLE = ALL.decode("utf-8", "ignore")
"""The part of ``ALL`` that is text, for protocols whose library insists on text."""

LONG_LINE = b"A" * (1 << 20)
"""A line of one mebibyte."""
