"""``report.html``: one self-contained file, from templates that a user may override one by one.

Nothing is loaded from anywhere, and the page's own Content-Security-Policy forbids it: only the style and the
two scripts whose hashes stand in its head may act. Device text reaches the page through ``visible`` and
Jinja2's autoescape, both applied to every expression of every template.
"""

from __future__ import annotations

import base64
import hashlib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from regulations.determination import NOT_LEGAL_ADVICE
from reports.device_words import device_key, most_urgent_first, shared_addresses
from reports.document import ReportDocument
from reports.html import breakdown, run_view
from reports.html.device_view import DeviceView, DeviceViews, EvidenceView, host_line, moment, shown
from reports.html.law_view import GroupView, LawLine, LawViews, apart, law_lines, source_views
from reports.html.plan_view import plan
from reports.render_options import RenderError, RenderOptions
from reports.summary import covered_counts, headline, looked_at, next_step, partial_stamp
from reports.visible_text import visible
from reports.wording import COVERED_ORDER, wording

TEMPLATES = Path(__file__).parent / "templates"
"""The built-in templates; a user's folder is looked into first."""

STATIC_ROWS = 500
"""Rows of the device table that stand in the page itself, for readers without JavaScript."""

MAX_HOSTS = 2_000
"""Other hosts, decoys and targets not looked at that are listed one by one."""

_MAX_EXPRESSION = 20_000

_EARLY_SCRIPT = 'document.documentElement.className="js"'


def _finalize(value: object) -> object:
    """What every expression of a template passes through before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, _MAX_EXPRESSION)
    return value


def _environment(options: RenderOptions) -> ImmutableSandboxedEnvironment:
    folders = [options.templates, TEMPLATES] if options.templates is not None else [TEMPLATES]
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment


def _hash_source(text: str) -> str:
    """The CSP source that allows exactly ``text``."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def content_security_policy(style: str, scripts: tuple[str, ...]) -> str:
    """A policy under which nothing is loaded, sent or run but ``style`` and ``scripts``."""
    allowed = " ".join(map(_hash_source, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash_source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def json_for_script(value: object) -> Markup:
    """``value`` as JSON that cannot end or open an element, whatever texts it holds."""
    text = msgspec.json.encode(value).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - the loop above is the escaping


def _asset(environment: ImmutableSandboxedEnvironment, name: str) -> str:
    """A style or script file, which goes into the page as it is."""
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    text = source.replace("\r\n", "\n").strip()
    if "</style" in text.lower() or "</script" in text.lower() or "<!--" in text:
        raise RenderError(f"template {name}: it must not hold </style, </script or <!--")
    return text


def _summary_context(document: ReportDocument) -> dict[str, Any]:
    counts = covered_counts(document.devices)
    words = wording()
    return {
        "headline": headline(document),
        "looked_at": looked_at(document),
        "next_step": shown(next_step(document), _MAX_EXPRESSION),
        "stamp": partial_stamp(document),
        "total": counts.total,
        "tiles": [(key, words.covered[key], getattr(counts, key)) for key in COVERED_ORDER],
        "whole_bar": breakdown.segments(counts, counts.total),
        "charts": breakdown.charts(document.devices),
    }


def _law_context(document: ReportDocument, law: LawViews, groups: Sequence[GroupView]) -> dict[str, Any]:
    stakeholder = document.stakeholder
    words = wording()
    shared, separate = apart(groups)
    return {
        "groups": separate,
        "shared": shared,
        "stated": stakeholder.stated,
        "state_operator": words.state_operator,
        "operators": [shown(words.operator(word)) for word in stakeholder.operators],
        "use": shown(stakeholder.use.replace("_", " ")),
        "state": shown(stakeholder.state),
        "as_of": moment(stakeholder.as_of),
        "acts": [words.act(word) for word in words.owner_acts],
        "panel": law.panel(),
        "determination_words": words.determinations,
        "regimes": document.knowledge.regimes,
        "sources": source_views(law.sources),
        "law_last_verified": shown(document.knowledge.law_last_verified),
    }


def _run_context(document: ReportDocument) -> dict[str, Any]:
    run = document.run
    return {
        "is_import": run.kind == "import",
        "scope_facts": run_view.scope_facts(run),
        "conduct_facts": run_view.conduct_facts(run),
        "authorization_facts": run_view.authorization_facts(run),
        "authorization_gap": run_view.authorization_gap(run),
        "count_facts": run_view.count_facts(run),
        "inputs": run_view.input_views(run.inputs),
        "notes": run_view.paragraphs(run.notes),
        "knowledge_facts": run_view.knowledge_facts(document),
        "limits": run_view.paragraphs(document.knowledge.limits),
        "disclaimer": shown(document.knowledge.disclaimer or NOT_LEGAL_ADVICE, _MAX_EXPRESSION),
        "not_looked_at": [(shown(one.target), shown(one.reason)) for one in document.not_looked_at[:MAX_HOSTS]],
        "not_looked_at_total": len(document.not_looked_at),
        "other_hosts": [host_line(device) for device in document.other_hosts[:MAX_HOSTS]],
        "other_hosts_total": len(document.other_hosts),
        "set_apart": [host_line(device) for device in document.set_apart[:MAX_HOSTS]],
        "set_apart_total": len(document.set_apart),
    }


def _context(document: ReportDocument) -> dict[str, Any]:
    """Everything that a template may show, in texts that are ready for it."""
    ordered = most_urgent_first(document.devices, document.replacements)
    keys = [device_key(device) for device in ordered]
    numbers = {key: number for number, key in enumerate(keys, 1)}
    law = LawViews(document, keys)
    devices = DeviceViews(document, law.numbers).all()
    groups = law.groups()
    return {
        "title": shown(document.title),
        "site": shown(document.run.site),
        "run_kind": wording().run_kinds.get(document.run.kind, shown(document.run.kind)),
        "generated_at": moment(document.generated_at),
        "version": shown(document.knowledge.coverscan_version),
        "devices": devices[:STATIC_ROWS],
        "blank": DeviceView(),
        "blank_evidence": EvidenceView(),
        "blank_law_line": LawLine(),
        "plan": plan(document.replacements, numbers, shared_addresses(document.devices)),
        "report_data": json_for_script({"devices": devices, "law": law_lines(groups)}),
        **_summary_context(document),
        **_law_context(document, law, groups),
        **_run_context(document),
    }


def _template_fault(error: Exception) -> RenderError:
    """An error of a template, with its name and line."""
    if isinstance(error, TemplateSyntaxError):
        return RenderError(f"template {error.name}, line {error.lineno}: {error.message}")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    place = f"template {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "template"
    return RenderError(f"{place}: {error or type(error).__name__}")


def render(document: ReportDocument, options: RenderOptions) -> bytes:
    """``document`` as one HTML file in UTF-8.

    Raises ``RenderError`` naming template and line where a template of ``options.templates`` is wrong.
    """
    if options.templates is not None and not options.templates.is_dir():
        raise RenderError(f"no folder of templates at {options.templates}")
    environment = _environment(options)
    try:
        style, script = _asset(environment, "style.css"), _asset(environment, "script.js")
        text = environment.get_template("report.html.j2").render(
            style=Markup(style),  # noqa: S704 - a file of ours or the user's, hashed in the policy
            early_script=Markup(_EARLY_SCRIPT),  # noqa: S704 - a constant
            script=Markup(script),  # noqa: S704 - likewise
            policy=content_security_policy(style, (_EARLY_SCRIPT, script)),
            **_context(document),
        )
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        raise _template_fault(error) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        if options.templates is None:
            raise
        raise _template_fault(error) from error
    return text.encode("utf-8")
