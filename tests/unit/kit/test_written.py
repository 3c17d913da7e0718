"""A slip in a file that the house is steered by is told by its file and key, before anything runs on it."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    parts: dict[str, int] = {}


def test_what_is_right_is_read() -> None:
    assert checked(Thing, {"name": "a", "parts": {"b": 1}}, "thing.yaml") == Thing(name="a", parts={"b": 1})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "thing.yaml: name"),
        ({"name": "a", "more": 1}, "thing.yaml: more"),
        ({"name": "a", "parts": {"b": "c"}}, "thing.yaml: parts.b"),
        ("no document", "thing.yaml"),
        (None, "thing.yaml"),
    ],
)
def test_what_is_wrong_is_named(body: object, field: str) -> None:
    with pytest.raises(InputError) as told:
        checked(Thing, body, "thing.yaml")
    assert told.value.field == field
    assert told.value.problem
