"""Speed of matching and of ``coverscan identify``, as ratios within one run.

usage: bench_matcher.py [OBSERVATIONS.jsonl] [--pairs N]

Without a file the observations are made up: pages, banners and certificates of ordinary servers with random words
in them, and every thirtieth an example from the database. What is compared runs alternately; medians are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from fingerprints.database_loader import Database, load_database
from fingerprints.database_tests import example_observation
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.schema import Condition, Entry
from scanner.sources.observation_lines import observation_from_line, observation_line

MADE_UP = 3_000
IDENTIFIED = 100_000
SERVERS = (
    "nginx/1.{}",
    "Apache/2.4.{} (Debian)",
    "Microsoft-IIS/10.0",
    "cloudflare",
    "openresty/1.{}",
    "lighttpd",
)


def made_up(database: Database) -> Iterator[Observation]:
    """Ordinary servers, no two alike, and examples of the database among them (about 1.3 KB each)."""
    generator = random.Random(7)
    examples = [example.fields for entry in database.entries for example in entry.examples]

    def words(count: int) -> str:
        return " ".join(
            "".join(generator.choices("etaoinshrdlu", k=generator.randint(2, 9))) for _ in range(count)
        )

    for number in range(MADE_UP):
        ip = f"198.51.100.{number % 250 + 1}"
        if number % 30 == 0:
            yield msgspec.structs.replace(example_observation(generator.choice(examples)), ip=ip)
            continue
        kind = generator.random()
        server = generator.choice(SERVERS).format(generator.randint(0, 60))
        fields: dict[str, str | tuple[str, ...]] = {"ssh.banner": f"SSH-2.0-OpenSSH_9.{number % 9} {words(1)}"}
        port, service = 22, "ssh"
        if kind < 0.6:
            port, service, title = 80, "http", words(4)
            page = f"<html><head><title>{title}</title></head><body>{words(generator.randint(20, 500))}</body>"
            headers = ("HTTP/1.1 200 OK", f"Server: {server}", f"Date: {words(3)}", f"ETag: {words(1)}")
            fields = {"http.status": "200", "http.server": server, "http.title": title, "http.body": page}
            fields["http.headers"] = headers
        elif kind < 0.8:
            port, service = 443, "https"
            fields = {"tls.subject": f"CN={words(1)}.example", "tls.issuer": "C=US,O=Let's Encrypt,CN=R3"}
        yield Observation(source="made-up", ip=ip, port=port, transport="tcp", service=service, fields=fields)


def every_entry_tried(database: Database) -> Callable[[Observation], object]:
    """The plain way: on each field seen, all of its patterns one after the other with ``re``."""
    matcher = Matcher(database, fast=False)
    by_field: dict[str, list[tuple[int, re.Pattern[str]]]] = {}
    for place, entry in enumerate(database.entries):
        first = next(condition for condition in entry.match if condition.how != "absent")
        for name in [*_fields_of(first)]:
            by_field.setdefault(name, []).append((place, _as_pattern(first)))
    compiled = [matcher._compile(place) for place in range(len(database.entries))]

    def evidence(observation: Observation) -> object:
        found: set[int] = set()
        for name, patterns in by_field.items():
            for text in observation.texts(name) or (("/",) if name == "http.path" else ()):
                found.update(place for place, pattern in patterns if pattern.search(text))
        told = (compiled[place]._found(observation) for place in sorted(found))
        return tuple(item for item in told if item is not None)

    return evidence


def _fields_of(condition: Condition) -> Sequence[str]:
    if condition.how == "oui_in" and condition.field == "mac":
        return ("mac", "isapi.mac", "sadp.mac", "dhip.mac")
    return (condition.field,)


def _as_pattern(condition: Condition) -> re.Pattern[str]:
    """The condition as a regular expression; for address blocks one that any address matches."""
    flags = re.IGNORECASE if condition.ignore_case else 0
    if condition.how == "matches":
        return re.compile(condition.texts[0], flags)
    if condition.how == "oui_in":
        return re.compile("[0-9A-Fa-f]{2}")
    before = r"\A" if condition.how in ("is", "one_of", "starts_with") else ""
    after = r"\Z" if condition.how in ("is", "one_of", "ends_with") else ""
    return re.compile(before + "(?:" + "|".join(map(re.escape, condition.texts)) + ")" + after, flags)


def tripled(database: Database) -> Database:
    """Three times the entries: two further ones for each, whose texts differ by a letter."""
    entries = list(database.entries)
    for letter in "QJ":
        entries += [_varied(entry, letter) for entry in database.entries]
    return replace(database, entries=tuple(entries), sha256="", _index=None)


def _varied(entry: Entry, letter: str) -> Entry:
    changed = []
    for condition in entry.match:
        how = "is_" if condition.how == "is" else condition.how
        value = getattr(condition, how)
        if condition.how == "matches" and re.search("[A-Za-z]{4}", value):
            value = re.sub(r"(?<!\\)([A-Za-z]{2})(?=[A-Za-z]{2})", rf"\1{letter}", value, count=1)
            try:
                re.compile(value)
            except re.error:
                value = condition.texts[0]
        elif condition.how in ("is", "starts_with", "ends_with", "contains"):
            value = value[:2] + letter + value[2:]
        elif condition.how == "one_of":
            value = tuple(text[:2] + letter + text[2:] for text in value)
        changed.append(msgspec.structs.replace(condition, **{how: value}))
    return msgspec.structs.replace(entry, id=f"{entry.id}-{letter.lower()}", match=tuple(changed))


def medians(pairs: int, *jobs: Callable[[], object]) -> list[float]:
    """CPU seconds of each job, the jobs taking turns."""
    seconds: list[list[float]] = [[] for _ in jobs]
    for _ in range(pairs):
        for job, kept in zip(jobs, seconds, strict=True):
            start = time.process_time()
            job()
            kept.append(time.process_time() - start)
    return [statistics.median(kept) for kept in seconds]


def identify_seconds(path: Path) -> float:
    """CPU seconds of ``coverscan identify --json FILE`` as a process of its own, its output thrown away."""
    process = subprocess.Popen(
        [sys.executable, "-m", "coverscan", "identify", "--json", str(path)], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("coverscan identify failed")
    return used.ru_utime + used.ru_stime


def identify_rate(lines: Sequence[bytes], pairs: int) -> tuple[float, float]:
    """The rate of ``coverscan identify`` as a share of that of ``json.loads``: start-up left out, and included."""
    many = list(lines) * max(1, IDENTIFIED // len(lines))
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        one, all_ = Path(folder) / "one.jsonl", Path(folder) / "all.jsonl"
        one.write_bytes(lines[0] + b"\n")
        all_.write_bytes(b"\n".join(many) + b"\n")
        for _ in range(pairs):
            start = time.process_time()
            for line in many:
                json.loads(line)
            decoded = time.process_time() - start
            whole = identify_seconds(all_)
            shares.append((decoded / (whole - identify_seconds(one)), decoded / whole))
    return statistics.median(a for a, _ in shares), statistics.median(b for _, b in shares)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    chosen = parser.parse_args()
    database = load_database()
    if chosen.file:
        lines = [line for line in chosen.file.read_bytes().splitlines() if line.strip()]
        observations = [observation_from_line(line) for line in lines]
    else:
        observations = list(made_up(database))
        lines = [observation_line(item).rstrip() for item in observations]
    fast, literal, three = Matcher(database), Matcher(database, fast=False), Matcher(tripled(database))
    plain = every_entry_tried(database)
    few = observations[:: max(1, len(observations) // 150)]
    for item in few:
        if not fast.evidence(item) == literal.evidence(item) == plain(item):
            sys.exit(f"the ways differ on {item}")

    def over(evidence: Callable[[Observation], object], some: Sequence[Observation]) -> Callable[[], object]:
        return lambda: [evidence(item) for item in some]

    (
        over(fast.evidence, observations)(),
        over(literal.evidence, observations)(),
        over(three.evidence, observations)(),
    )
    loop, quick, slow, thrice = medians(
        chosen.pairs,
        over(plain, few),
        over(fast.evidence, observations),
        over(literal.evidence, observations),
        over(three.evidence, observations),
    )
    each, one = len(observations), quick / len(observations)
    lines_only, with_start = identify_rate(lines, chosen.pairs)
    size = sum(map(len, lines)) // len(lines)
    print(f"{each} observations of {size} bytes, {len(database.entries)} entries; first call of each left out\n")
    print("| what | microseconds an observation | ratio |\n|---|---|---|")
    print(f"| matcher with Hyperscan | {one * 1e6:.1f} | 1 |")
    print(f"| matcher, literals one by one | {slow / each * 1e6:.1f} | {slow / quick:.1f} |")
    print(
        f"| matcher with Hyperscan, three times the entries | {thrice / each * 1e6:.1f} | {thrice / quick:.2f} |"
    )
    print(f"| `re` loop over the same patterns | {loop / len(few) * 1e6:.1f} | {loop / len(few) / one:.0f} |")
    print(f"\n`coverscan identify --json`: {lines_only:.2f} of the rate of `json.loads` on the same lines")
    print(f"({with_start:.2f} with its start-up, {IDENTIFIED:,} lines, each of them several times)")


if __name__ == "__main__":
    main()
