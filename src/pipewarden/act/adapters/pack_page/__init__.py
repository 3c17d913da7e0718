"""The page of an evidence pack that people read: the only place where its foreign strings meet HTML."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template

if TYPE_CHECKING:
    from collections.abc import Mapping


def page(told: Mapping[str, Any]) -> bytes:
    """Return the page; it needs no script and nothing beside the pack's own files."""
    return _template().render(told).encode("utf-8", "replace")


@cache
def _template() -> Template:
    text = resources.files(__package__).joinpath("template.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        text
    )
