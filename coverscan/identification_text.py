"""One identification for a person on a terminal: the claim, then because of what, where, how strong."""

from __future__ import annotations

from fingerprints.identification import IdentificationLine
from reports.terminal_text import terminal_text


def identification_text(line: IdentificationLine, *, explain: bool = False) -> str:
    """The text of an identification, its evidence below it if ``explain``; safe for any terminal."""
    claim = _claim(line)
    if not explain:
        return claim
    rows = [claim]
    for evidence in line.evidence:
        rows.append(f"  because {terminal_text(evidence.description)}")
        rows.append(
            f"    {evidence.field}: {terminal_text(evidence.excerpt, 90)}  "
            f"[{evidence.fingerprint}, {evidence.family}, weight {evidence.weight:.2f}]"
        )
    for conflict in line.conflicts:
        rows.append(
            f"  against it: {terminal_text(conflict.about)} {terminal_text(conflict.value)} "
            f"({conflict.strength:.2f}) [{', '.join(conflict.fingerprints)}]"
        )
    if not line.evidence:
        rows.append("  no fingerprint matched: nothing can be said")
    return "\n".join(rows)


def _claim(line: IdentificationLine) -> str:
    maker = line.manufacturer or " or ".join(line.manufacturer_candidates) or "unknown maker"
    brand = f" ({line.brand})" if line.brand and line.brand != line.manufacturer else ""
    details = " ".join(part for part in (line.class_, line.model, line.firmware, line.firmware_date) if part)
    label = f"{line.id}: " if line.id else ""
    text = f"{label}{maker}{brand}, {details}, confidence {line.confidence:.2f}, covered maker: {line.covered}"
    return terminal_text(text + (f" [{', '.join(line.tags)}]" if line.tags else ""))
