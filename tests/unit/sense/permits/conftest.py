"""Reads invented lists through the use case, as the command line does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import permit_rows as rows
import pytest

from pipewarden.sense import service
from pipewarden.sense.adapters.permits.files import PermitFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.sense.facts import PermitList


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., PermitList]:
    """Read one list given as rows or text by a mapping."""

    def made(told: object, mapping: str) -> PermitList:
        name = "list.xml" if isinstance(told, str) else "list.json"
        return service.read_permits(PermitFiles(), rows.written(tmp_path, told, name), mapping)

    return made
