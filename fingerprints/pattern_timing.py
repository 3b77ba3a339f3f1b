"""Tries a regular expression on hostile text: how long may a device make it run?

The matcher runs patterns on text that an attacker writes, so a pattern whose time grows faster than the text
would stall a scan. The texts tried here are made from the pattern itself: what nearly matches costs most.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from fingerprints.matcher import REGEX_WINDOW
from fingerprints.pattern_literals import nested_repeat, sample_pieces

LIMIT_SECONDS = 0.05
"""What one pattern may take on one text of ``REGEX_WINDOW`` characters."""


def slow_pattern(pattern: str, window: int = REGEX_WINDOW) -> str:
    """Why ``pattern`` could be made to run too long, as a reason with advice; empty where it is safe."""
    if nested_repeat(pattern):
        return "a repeat inside a repeat can take exponential time: bound one of them, as in {1,64}"
    compiled = re.compile(pattern)
    for unit in hostile_units(pattern):
        seconds, size = _growth(compiled, unit, window)
        if seconds > LIMIT_SECONDS:
            return (
                f"takes {seconds:.2f} s on {size} hostile characters ({unit[:20]!r} repeated): "
                'use bounded repeats such as {1,64} and narrow classes such as [^"\\r\\n]'
            )
    return ""


def hostile_units(pattern: str) -> Iterator[str]:
    """Texts to repeat: each piece that the pattern repeats, what stands before it, and both together."""
    pieces = [piece for piece in sample_pieces(pattern) if piece]
    seen = set()
    for end in range(1, min(len(pieces), 12) + 1):
        for unit in (pieces[end - 1], "".join(pieces[:end]), "".join(pieces[end - 1 : end + 1])):
            if unit not in seen:
                seen.add(unit)
                yield unit


def _growth(compiled: re.Pattern[str], unit: str, window: int) -> tuple[float, int]:
    """The worst time on repeats of ``unit``, growing until it is too long or the window is full.

    Grows by small steps first: time that doubles with each character is noticed before it takes minutes.
    """
    size = 16
    worst = 0.0
    while True:
        text = (unit * (size // len(unit) + 1))[:size]
        for tail in ("", "\x00"):
            worst = max(worst, _seconds(compiled, text[: size - len(tail)] + tail))
        if worst > LIMIT_SECONDS or size >= window:
            return worst, size
        size = min(window, size + 4 if size < 64 else size * 2)


def _seconds(compiled: Any, text: str) -> float:
    best = float("inf")
    for _ in range(3):  # a busy machine slows one run, not three
        start = time.process_time()
        compiled.search(text)
        best = min(best, time.process_time() - start)
        if best < LIMIT_SECONDS:
            break
    return best
