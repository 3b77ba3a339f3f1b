from __future__ import annotations

import pytest

from reports.document import ReportDocument
from reports.render_options import RenderOptions
from reports.renderer import RENDERERS, renderers_named


def test_these_renderers_exist() -> None:
    assert [(one.name, one.extension, one.is_manifest) for one in RENDERERS] == [
        ("html", "html", True),
        ("json", "json", True),
        ("csv", "csv", True),
    ]


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda renderer: renderer.name)
def test_every_form_holds_every_device(renderer: object, document: ReportDocument) -> None:
    (chosen,) = [one for one in RENDERERS if one is renderer]
    text = chosen.render(document, RenderOptions()).decode("utf-8")
    for device in document.devices:
        assert device.address is not None
        assert device.address in text
        assert (device.model or "") in text


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda renderer: renderer.name)
def test_rendering_is_a_function_of_the_document(renderer: object, document: ReportDocument) -> None:
    (chosen,) = [one for one in RENDERERS if one is renderer]
    assert chosen.render(document, RenderOptions()) == chosen.render(document, RenderOptions())


def test_renderers_are_chosen_by_name() -> None:
    assert [one.name for one in renderers_named(["csv", "html"])] == ["csv", "html"]
    with pytest.raises(ValueError, match='no report format "docx"; there are html, json, csv'):
        renderers_named(["html", "docx"])
