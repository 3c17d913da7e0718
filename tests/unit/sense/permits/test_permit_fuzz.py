"""Whatever stands in a row, it is taken, refused or passed over: nothing of a list ends the reading."""

from __future__ import annotations

import json
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import permit_rows as rows
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.sense import service
from pipewarden.sense.adapters.permits.files import PermitFiles

if TYPE_CHECKING:
    from pipewarden.sense.facts import PermitReport

LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(["113/06/17", "2026-01-01", "POINT(1 2)", "9" * 5000, "-1", "1e400", "𝟙", "²", "\x00"]),
)  # fmt: skip
ANY = st.recursive(LEAF, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=5), one, max_size=4))
JSON: dict[str, Any] = {
    "taipei-dig": [rows.taipei()],
    "street-manager": rows.street(),
    "zurich-tiefbau": rows.features(rows.zurich()),
    "sf-sewer": rows.features(rows.sewer()),
    "wzdx": rows.features(rows.road_event()),
}


def places(told: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    for key, one in told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ():
        found += places(one, (*at, key))
    return found


def report(told: object, mapping: str) -> PermitReport | None:
    with tempfile.TemporaryDirectory() as folder:
        name = "x.xml" if isinstance(told, str) else "x.json"
        try:
            return service.read_permits(PermitFiles(), rows.written(Path(folder), told, name), mapping).report
        except InputError:
            return None  # the file as a whole is none of this source


@pytest.mark.parametrize("mapping", JSON)
@settings(max_examples=150)
@given(data=st.data())
def test_any_value_at_any_place_of_json(mapping: str, data: st.DataObject) -> None:
    told = deepcopy(JSON[mapping])
    *way, last = data.draw(st.sampled_from(places(told)))
    inner = told
    for key in way:
        inner = inner[key]
    inner[last] = data.draw(ANY)
    try:
        json.dumps(told).encode()
    except (ValueError, UnicodeEncodeError):
        return
    found = report(told, mapping)
    assert found is None or found.read == found.taken + len(found.refused) + len(found.passed)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("usan811", rows.ticket()),
        ("usan811-gml", rows.dig_site()),
        ("fr-dtdict", rows.french(rows.dict_(), rows.atu())),
    ],
)
@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_document(mapping: str, told: str, data: st.DataObject) -> None:
    at, length = data.draw(st.integers(0, len(told))), data.draw(st.integers(0, 12))
    new = data.draw(st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["<a/>", "1e999", "nan", "²"]))
    found = report(told[:at] + new + told[at + length :], mapping)
    assert found is None or found.read == found.taken + len(found.refused) + len(found.passed)
