"""What could name somebody is left out of the record for who may not read persons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.people import service
from pipewarden.people.facts import ActorKind, AuditFilter, Grant, Role, Scope
from pipewarden.people.rules.masking import MASK, masked, plain_word

if TYPE_CHECKING:
    from tests.unit.people.conftest import City


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"n": 7, "on": True, "nothing": None, "share": 0.5},
        {"id": str(UUID(int=5)), "sha256": "ab" * 32, "ids": [str(UUID(int=6))]},
        {"state": "active", "kind": "site.opened", "role": "safety_manager"},
        {"since": "2026-11-20", "at": "2026-11-20T01:00:00+00:00"},
    ],
)
def test_ids_numbers_moments_and_the_programs_words_stay(details: dict) -> None:
    text = json.dumps(details, sort_keys=True, separators=(",", ":"))
    assert masked(text) is text


@pytest.mark.parametrize(
    ("details", "kept"),
    [
        ({"login": "wangwu"}, {"login": MASK}),
        ({"name": "active"}, {"name": MASK}),
        ({"reason": "王五说的"}, {"reason": MASK}),
        ({"why": "called 13800001234"}, {"why": MASK}),
        ({"x": "13800001234", "number": 13800001234}, {"x": MASK, "number": MASK}),
        ({"a": [{"phone": "1"}, "Li Si"], "n": 2}, {"a": [{"phone": MASK}, MASK], "n": 2}),
        ({"mail": "li@example.org", "name": None}, {"mail": MASK, "name": None}),
    ],
)
def test_names_numbers_and_free_words_go(details: dict, kept: dict) -> None:
    assert json.loads(masked(json.dumps(details))) == kept


def test_an_empty_word_and_a_known_one_stay() -> None:
    assert [plain_word(one) for one in ("", "emergency", "抢修", "Li", "a b")] == ["", "emergency", MASK, MASK, MASK]


def test_details_are_whole_only_for_who_reads_persons(city: City) -> None:
    work = city.at(city.a.id)
    service.record(work, city.root, "thing.done", ("thing", 1), {"login": "wangwu", "n": 1})
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    (whole,) = service.audit_page(work, auditor, AuditFilter(act="thing"), limit=1)
    assert json.loads(whole.details) == {"login": "wangwu", "n": 1}
    bare = Grant("audit:read", Scope.TENANT, city.a.id, None, Role.AUDITOR)
    outsider = type(auditor)(ActorKind.PERSON, UUID(int=3), "x", city.a.id, grants=(bare,))
    (less,) = service.audit_page(work, outsider, AuditFilter(act="thing"), limit=1)
    assert json.loads(less.details) == {"login": MASK, "n": 1}
    assert less.hash == whole.hash
