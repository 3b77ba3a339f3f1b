"""An explanation for a person at a terminal: plain text, at most 80 columns, the same in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from coverscan.explanation import DeviceExplanation, Explanation
from fingerprints.database_loader import Database
from fingerprints.identification import Evidence
from fingerprints.reasoning import CombinationStep
from inventory.visits import AttemptRecord
from regulations.determination import NOT_LEGAL_ADVICE, Determination
from reports.device_words import device_text, percent
from reports.document import DeviceReport
from reports.law_answers import of_unit, worst, worst_for_owner
from reports.terminal_text import terminal_text, wrapped
from reports.wording import wording

WIDTH = 80
MAX_EVIDENCE = 6
MAX_ATTEMPTS = 12
MAX_DETAIL = 60
MAX_TARGETS = 8

_STRENGTHS = ((0.9, "very strong"), (0.75, "strong"), (0.5, "fair"), (0.3, "weak"))
_GENERIC = "proves nothing alone"


def explanation_text(explanation: Explanation, database: Database, *, everything: bool = False) -> str:
    """The text, ending in a newline. Without ``everything`` the strongest signs and the first attempts only."""
    lines = []
    for number, device in enumerate(explanation.devices):
        lines += ["", "-" * WIDTH, ""] if number else []
        lines += _device(device, explanation, database, everything)
    if not explanation.devices:
        lines = _nothing(explanation, everything)
    for note in explanation.notes:
        lines += ["", *wrapped(f"Note: {note}", WIDTH)]
    return "\n".join(lines) + "\n"


def _device(
    explained: DeviceExplanation, explanation: Explanation, database: Database, everything: bool
) -> list[str]:
    device = explained.device
    lines = _claim(device, explanation)
    lines += _where(explained, explanation)
    lines += ["", "Because", *_evidence(explained, database, everything)]
    lines += ["", "Against it", *_against(device)]
    if explained.steps:
        lines += ["", "How sure", *_steps(explained.steps)]
    lines += ["", "What would settle it", *(_items(explained.open_questions) or _items([_SETTLED]))]
    lines += ["", *_law(device, explanation, everything)]
    lines += ["", "Asked without result", *_attempts(explained.without_result, everything)]
    for ports, what in (
        (explained.silent_ports, "Open, but no probe got anything out of it"),
        (explained.unasked_ports, "Open, and not asked, because enough was known by then"),
    ):
        lines += _indented(f"{what}: port {', '.join(map(str, ports))}.") if ports else []
    return lines


_SETTLED = "Nothing is open about who made it and what it is."


def _claim(device: DeviceReport, explanation: Explanation) -> list[str]:
    place = device.address or device.mac or device.hostname or explanation.asked
    if "honeypot" in device.tags:
        sentence = f"{place}: behaves like a decoy, so nothing is concluded about a maker."
        return wrapped(sentence, WIDTH)
    if not device.manufacturer_candidates and not device.evidence:
        return wrapped(f"{place}: nothing that it said is known here, so no maker is named.", WIDTH)
    firmware = f", firmware {device.firmware}" if device.firmware else ""
    built = f" of {device.firmware_date}" if device.firmware_date else ""
    serial = f", serial {device.serial}" if device.serial else ""
    lines = wrapped(f"{place}: {device_text(device)}{firmware}{built}{serial}.", WIDTH)
    covered = wording().covered_word(device.covered)
    sure = f"Confidence in the maker: {percent(device.confidence)}." if device.manufacturer_candidates else ""
    lines += wrapped(f"{sure} {covered.label}: {covered.says}".strip(), WIDTH)
    tags = [wording().tags.get(tag, tag) for tag in device.tags]
    return lines + (wrapped(f"It {'; it '.join(tags)}.", WIDTH) if tags else [])


def _where(explained: DeviceExplanation, explanation: Explanation) -> list[str]:
    device = explained.device
    parts = []
    others = [address for address in device.addresses if address != device.address]
    if others:
        parts.append(f"also at {', '.join(others)}")
    if explained.hardware is not None:
        registered = explained.hardware.organisation or "nobody that the registry names"
        dated = explained.hardware.registry_dated
        parts.append(f"MAC {explained.hardware.mac}, block of {registered} (IEEE list of {dated})")
    if device.hostname:
        parts.append(f"host name {device.hostname}")
    parts.append(f"seen {(device.last_seen or explanation.started_at)[:16].replace('T', ' ')} UTC")
    kind = "import" if explanation.kind == "import" else "scan"
    later = f", the newest is {explanation.latest}" if explanation.latest != explanation.scan else ""
    parts.append(f"{kind} {explanation.scan}{later}")
    text = "; ".join(parts)
    return wrapped(text[:1].upper() + text[1:] + ".", WIDTH)


def _evidence(explained: DeviceExplanation, database: Database, everything: bool) -> list[str]:
    """The signs that speak for it: first those that count, one a family, then the others."""
    device = explained.device
    if not device.evidence:
        return _indented("No fingerprint matched: nothing can be said.")
    against = {name for conflict in device.conflicts for name in conflict.fingerprints}
    counted = [step.counted for step in explained.steps]
    signs = [item for item in device.evidence if item.fingerprint not in against]
    signs.sort(key=lambda item: counted.index(item.fingerprint) if item.fingerprint in counted else len(counted))
    telling = [item for item in signs if item.fingerprint in counted] or signs
    shown = signs if everything else telling[:MAX_EVIDENCE]
    lines = []
    for number, item in enumerate(shown, 1):
        lines += _sign(f"{number}.", item, database)
    if len(shown) < len(signs):
        lines += _indented(f"… and {len(signs) - len(shown)} more that say the same or less (--all shows them).")
    return lines or _indented("No sign speaks for it.")


def _sign(label: str, item: Evidence, database: Database) -> list[str]:
    """A sign: the reason, where it was seen, how strong it is, what it says."""
    lines = _hanging(f"{label:3}", item.description or item.fingerprint)
    place = _endpoint(item.ip, item.port)
    lines += _indented(f"{item.field}{f' at {place}' if place else ''}: {item.excerpt}", 5)
    meaning = database.families[item.family].meaning if item.family in database.families else ""
    family = f"{item.family} ({meaning})" if meaning else item.family
    lines += _indented(f"{_strength(item.weight)} ({item.weight:.2f}); family {family}", 5)
    said = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in item.claims.items())
    return lines + _indented(f"says {said or 'nothing of its own'}  [{item.fingerprint}]", 5)


def _against(device: DeviceReport) -> list[str]:
    lines = []
    for conflict in device.conflicts:
        lines += _hanging(
            " - ",
            f"signs of {conflict.value} ({conflict.strength:.2f}): {', '.join(conflict.fingerprints)}",
        )
        for item in device.evidence:
            if item.fingerprint in conflict.fingerprints:
                lines += _indented(f"{item.description}: {terminal_text(item.excerpt, 60)}", 5)
    return lines or _indented("Nothing speaks against it.")


def _steps(steps: Sequence[CombinationStep]) -> list[str]:
    lines = []
    for step in steps:
        families = ", ".join(step.families)
        makers = " or ".join(step.makers)
        more = f", {len(step.others)} more say the same and add nothing" if step.others else ""
        sign = "+" if step.speaks == "for" else "-"
        lines += _hanging(
            f"{sign} ",
            f"{families}: {step.weight:.2f} for {makers}{more}; with it {percent(step.confidence)}",
        )
    if len(steps) > 1:
        lines += _indented(
            "Of each family the strongest sign counts once; families that are independent of each other combine "
            "to 1 - (1 - a)(1 - b); what names another maker lowers the result."
        )
    return lines


def _law(device: DeviceReport, explanation: Explanation, everything: bool) -> list[str]:
    """One line an act for the operator who asks; one line an operator where nobody said who asks."""
    who = explanation.stakeholder
    if not device.determinations:
        return ["What the law says", *_indented("It is not asked: nothing is concluded about a maker.")]
    lines = [f"What the law says, as of {who.as_of}"]
    answers = of_unit(device.determinations)
    caveats: list[str] = []
    for operator in dict.fromkeys(one.operator for one in answers):
        own = [one for one in answers if one.operator == operator]
        name = wording().operator(operator)
        if who.stated or everything:
            by_act = own if everything else _worst_of_each_act(own)
            lines += _indented(f"{name}:", 2)
            lines += [line for one in by_act for line in _hanging("   - ", _said(one))]
            caveats += [one.must_say for one in by_act if one.must_say and one.act in wording().owner_acts]
        else:
            one = worst_for_owner(own) or worst(own)
            lines += _hanging(" - ", f"{name}: {_said(one)}") if one is not None else []
    if caveats:
        lines += _indented("It hangs on this:")
        lines += [line for sentence in _sentences(caveats) for line in _hanging("   - ", sentence)]
    if not who.stated:
        lines += _indented("Say who asks with --operator for one line an act (coverscan coverage operators).")
    return lines + _indented(NOT_LEGAL_ADVICE)


def _worst_of_each_act(answers: Iterable[Determination]) -> list[Determination]:
    by_act: dict[str, list[Determination]] = {}
    for one in answers:
        by_act.setdefault(one.act, []).append(one)
    return [found for of_act in by_act.values() if (found := worst(of_act)) is not None]


def _sentences(texts: Iterable[str]) -> Iterable[str]:
    """The sentences of several caveats, each once: answers share most of them."""
    return dict.fromkeys(part for text in texts for part in re.split(r"(?<=[.?]) (?=[A-Z])", text.strip()) if part)


def _said(one: Determination) -> str:
    words = wording()
    since = f" since {one.from_}" if one.from_ else ""
    until = f" until {one.to}" if one.to else ""
    return f"{words.act(one.act)}: {words.determination(one.determination).short}{since}{until} ({one.regime})"


def _attempts(attempts: Sequence[AttemptRecord], everything: bool) -> list[str]:
    """Attempts of one status and probe in one line, however many ports; attempts of ports one by one."""
    grouped: dict[tuple[str, str, str], list[int]] = {}
    for attempt in attempts:
        ports = grouped.setdefault((attempt.probe, attempt.status, attempt.detail), [])
        if attempt.port is not None:
            ports.append(attempt.port)
    shown = list(grouped.items()) if everything else list(grouped.items())[:MAX_ATTEMPTS]
    lines = []
    for (probe, status, detail), ports in shown:
        where = f" on port {', '.join(str(port) for port in dict.fromkeys(ports))}" if ports else ""
        why = f": {terminal_text(detail, None if everything else MAX_DETAIL)}" if detail else ""
        lines += _hanging(" - ", f"{probe}{where}: {_status_words(status)}{why}")
    if len(shown) < len(grouped):
        lines += _indented(f"… and {len(grouped) - len(shown)} more (--all shows them).")
    return lines or _indented("Nothing: whatever was asked gave something, or there were no probes (an import).")


def _status_words(status: str) -> str:
    """A status of ``scanner.outcome`` in words."""
    return status.replace("-", " ")


def _nothing(explanation: Explanation, everything: bool) -> list[str]:
    kind = "import" if explanation.kind == "import" else "scan"
    scan = f"{kind} {explanation.scan} of {explanation.started_at[:10]}"
    sentence = _NOTHING[explanation.finding].format(asked=explanation.asked, scan=scan)
    lines = wrapped(sentence, WIDTH)
    for visit in explanation.visits:
        opened = f"open {', '.join(map(str, visit.open_ports))}; " if visit.open_ports else ""
        lines += _indented(
            f"{visit.unit}: {opened}{visit.closed} ports refused, {visit.silent} gave no answer"
            f"{f'; {visit.problem}' if visit.problem else ''}."
        )
    if explanation.finding == "not-covered" and explanation.targets:
        more = (
            f" and {len(explanation.targets) - MAX_TARGETS} more" if len(explanation.targets) > MAX_TARGETS else ""
        )
        lines += _indented(f"Its targets were: {', '.join(explanation.targets[:MAX_TARGETS])}{more}.")
    if explanation.attempts:
        lines += ["", "Asked without result", *_attempts(explanation.attempts, everything)]
    next_step = _NEXT.get(explanation.finding)
    return lines + (["", *wrapped(f"Next: {next_step}", WIDTH)] if next_step else [])


_NOTHING = {
    "silent": "{asked}: {scan} looked at it, and nothing answered. Nobody is there, or a firewall drops what it is asked.",
    "refused": "{asked}: {scan} looked at it. Something is there, since it refuses connections, but no port is open.",
    "nothing-told": "{asked}: {scan} looked at it. Ports are open, and none of them said anything that can be read.",
    "failed": "{asked}: {scan} could not look at it properly, so this says nothing about what is there.",
    "not-finished": "{asked}: {scan} was to look at it and has not: it is still running, or was interrupted.",
    "excluded": "{asked}: {scan} left it out, as the operator asked. Nothing is known of it.",
    "not-covered": "{asked}: not looked at: {scan} is not about it, so nothing is known of it.",
    "devices": "{asked}",
}
_NEXT = {
    "silent": "if something should be there, scan from its own network: discovery does not cross routers.",
    "refused": "scan with more --ports, or as root from its own network, where its MAC address tells a maker.",
    "nothing-told": "scan it with --thorough, or from its own network.",
    "failed": "scan it again.",
    "not-finished": "coverscan scan --resume",
    "not-covered": "scan it, or import what is known of it.",
}


def _endpoint(ip: str | None, port: int | None) -> str:
    if ip is None:
        return f"port {port}" if port is not None else ""
    if port is None:
        return ip
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _strength(weight: float) -> str:
    return next((word for least, word in _STRENGTHS if weight >= least), _GENERIC)


def _items(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _hanging(" - ", text)]


def _hanging(label: str, text: str) -> list[str]:
    """A list item: ``label`` before the first line, the others set under the text."""
    head = f"  {label}"
    lines = wrapped(text, WIDTH - len(head)) or [""]
    return [f"{head if number == 0 else ' ' * len(head)}{line}" for number, line in enumerate(lines)]


def _indented(text: str, by: int = 2) -> list[str]:
    return [f"{'':{by}}{line}" for line in wrapped(text, WIDTH - by)]
