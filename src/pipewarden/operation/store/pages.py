"""The shipped runbook: a file of the package, read once; a fault without a page cannot be started with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipewarden.operation.facts import FaultKind, Page, PageWords
from pipewarden.people.facts import Language, Role

_FILE = Path(__file__).resolve().parents[2] / "policy" / "operation" / "runbook.yaml"


@cache
def shipped_pages() -> dict[FaultKind, Page]:
    """Return ``policy/operation/runbook.yaml`` by kind of fault.

    Raises:
        RuntimeError: a fault has no page, or a page no fault (a mistake in the program).
    """
    said: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["pages"]
    if set(said) != {one.value for one in FaultKind}:
        raise RuntimeError(f"runbook and faults differ in {sorted(set(said) ^ {one.value for one in FaultKind})}")
    return {FaultKind(kind): _page(FaultKind(kind), one) for kind, one in said.items()}


def _page(kind: FaultKind, said: dict[str, Any]) -> Page:
    return Page(
        kind=kind,
        house={"house": True, "tenant": False}[said["of"]],
        at_once={"due": True, "note": False}[said["urgency"]],
        who=tuple(Role(one) for one in said["who"]),
        words={
            language: PageWords(
                title=str(said[language.value]["title"]),
                meaning=str(said[language.value]["meaning"]),
                danger=str(said[language.value]["danger"]),
                first=tuple(str(one) for one in said[language.value]["first"]),
            )
            for language in Language
        },
    )
