"""Exports of the record: whole where nothing was touched, found where anything was, nobody's name in a masked one."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipewarden.act.adapters.signing import SigningKey, verified
from pipewarden.kit import zips
from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role, Viewed
from pipewarden.people.rules import anchors as anchor_rules
from pipewarden.people.rules.record_export import check
from pipewarden.people.service import exporting
from pipewarden.people.service.anchors import signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, SignedAnchor

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
THIEF = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
CANARY = "王五13800009999"


@dataclass(slots=True)
class Desk:
    city: City
    work: Work
    auditor: Actor
    anchors: list[SignedAnchor]

    def take(self, **more: Any) -> bytes:
        return service.export_record(self.work, self.auditor, KEY, **more)


@pytest.fixture
def desk(city: City) -> Desk:
    work = city.at(city.a.id)
    made = Desk(city, work, city.actor(Role.AUDITOR, tenant=city.a), [])
    for number in range(30):
        details = {"n": number, "why": CANARY, "login": "wangwu", "=cmd": "x"}
        service.record(work, city.root, "thing.done", ("thing", number), details)
        if number % 3 == 0:
            service.viewed(work, city.root, Viewed.ORIGINAL, ("picture", "ab"), f"{CANARY} called")
        if number % 10 == 9:
            service.seal_views(work)
            made.anchors.append(service.anchor_chain(work, KEY).anchor)
        work.clock.advance(timedelta(minutes=1))
    return made


def opened(pack: bytes) -> dict[str, bytes]:
    return zips.read(pack, most_bytes=10**9, most_files=99)


def forged(pack: bytes, change: Callable[[dict[str, bytes]], None], key: SigningKey = KEY) -> bytes:
    """Return a pack that somebody who holds a key changed and signed anew."""
    files = opened(pack)
    change(files)
    told = json.loads(files["manifest.json"])
    told["key"] = anchor_rules.fingerprint(key.public)
    told["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in told["files"]}
    manifest = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    return zips.written({**files, "manifest.json": manifest, "manifest.sig": key.sign(manifest), "key.pub": key.public})


@pytest.mark.parametrize("whole", [True, False])
def test_an_untouched_export_is_whole(desk: Desk, whole: bool) -> None:
    pack = desk.take(whole=whole, reason="audit")
    found = check(pack, verified, key=anchor_rules.fingerprint(KEY.public), outside=desk.anchors)
    assert found.problems == ()
    assert (found.about.masked, found.about.whole, found.about.first) == (not whole, True, 1)
    assert (found.entries, found.views, found.anchors) == (found.about.last, 10, 3)
    assert found.entries > 33


def test_a_masked_export_names_nobody(desk: Desk) -> None:
    masked, whole = desk.take(), desk.take(whole=True)
    for word in (CANARY, "13800009999", "wangwu"):
        assert word.encode() in whole
        assert word.encode() not in masked


def test_who_may_not_read_persons_gets_no_names_whatever_is_asked(desk: Desk) -> None:
    grants = tuple(one for one in desk.auditor.grants if one.permission == "audit:read")
    pack = service.export_record(desk.work, replace(desk.auditor, grants=grants), KEY, whole=True)
    assert CANARY.encode() not in pack
    assert check(pack, verified).about.masked


def test_the_export_is_on_record_with_its_hash_and_is_a_look(desk: Desk) -> None:
    pack = desk.take(reason="监管检查")
    (entry,) = [one for one in service.read(desk.work, desk.auditor, limit=1000) if one.act == "audit.exported"]
    assert json.loads(entry.details)["sha256"] == hashlib.sha256(pack).hexdigest()
    assert entry.actor_id == desk.auditor.id
    assert [one.reason for one in service.views(desk.work, desk.auditor) if one.what is Viewed.EXPORT] == ["监管检查"]


def test_no_flipped_byte_goes_unseen(desk: Desk) -> None:
    pack = desk.take()
    rng = np.random.default_rng(20261126)
    places = {0, len(pack) - 1, *(int(one) for one in rng.integers(len(pack), size=150))}
    unseen = [at for at in places if not check(_flipped(pack, at), verified).problems]
    assert unseen == []


def _flipped(pack: bytes, at: int) -> bytes:
    return pack[:at] + bytes([pack[at] ^ 1]) + pack[at + 1 :]


def _entry(files: dict[str, bytes], number: int, **new: Any) -> None:
    lines = files["entries.jsonl"].split(b"\n")
    lines[number] = json.dumps(json.loads(lines[number]) | new, ensure_ascii=False, separators=(",", ":")).encode()
    files["entries.jsonl"] = b"\n".join(lines)


def _drop(name: str, number: int) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        lines = files[name].split(b"\n")
        del lines[number]
        files[name] = b"\n".join(lines)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda files: _entry(files, 4, details='{"n":0}'), "entry 5: its content"),
        (lambda files: _entry(files, 4, act="x.y"), "entry 5: its content"),
        (lambda files: _entry(files, 4, masked=True, details="{}"), "nothing is masked, and something is"),
        (lambda files: _entry(files, 4, previous="00" * 32), "entry 5: it does not continue"),
        (_drop("entries.jsonl", 4), "its entries are not those"),
        (_drop("views.jsonl", 2), "are not those that it sealed"),
        (_drop("entries.csv", 4), "entries.csv says something else"),
        (_drop("views.csv", 1), "views.csv says something else"),
        (lambda files: files.update({"anchors.jsonl": b"{}\n"}), "is no anchor"),
        (lambda files: files.update({"entries.jsonl": b"[]\n"}), "cannot be read"),
        (lambda files: files.update({"entries.jsonl": b"\xff\n"}), "cannot be read"),
    ],
)
def test_even_who_holds_the_key_cannot_change_what_hangs_together(
    desk: Desk, change: Callable[[dict[str, bytes]], None], problem: str
) -> None:
    found = check(forged(desk.take(whole=True), change), verified)
    assert any(problem in one for one in found.problems), found.problems


def test_a_thiefs_key_is_named(desk: Desk) -> None:
    pack = forged(desk.take(whole=True), lambda files: files.update({"anchors.jsonl": b""}), THIEF)
    assert check(pack, verified).problems == ()
    (problem,) = check(pack, verified, key=anchor_rules.fingerprint(KEY.public)).problems
    assert anchor_rules.fingerprint(THIEF.public) in problem


def test_anchors_kept_outside_find_a_chain_that_is_another(desk: Desk) -> None:
    pack = desk.take(whole=True)
    anew = signed(replace(desk.anchors[1].end, hash=bytes(32)), desk.anchors[1].at, KEY)
    assert any("not the entry that was anchored" in one for one in check(pack, verified, outside=[anew]).problems)
    longer = signed(replace(desk.anchors[2].end, seq=9_000), desk.anchors[2].at, KEY)
    assert any("it was cut" in one for one in check(pack, verified, outside=[longer]).problems)
    elsewhere = replace(anew, tenant_id=UUID(int=1))
    assert check(pack, verified, outside=[elsewhere]).problems == ()


def test_a_time_is_taken_without_a_gap_and_hangs_on_its_own_beginning(desk: Desk) -> None:
    now = desk.work.now()
    pack = desk.take(since=now - timedelta(minutes=12), until=now - timedelta(minutes=3), whole=True)
    found = check(pack, verified, outside=desk.anchors)
    assert found.problems == ()
    assert 1 < found.about.first < found.about.last
    assert not found.about.whole
    assert found.anchors == 1


def test_an_empty_time_is_an_empty_export(desk: Desk) -> None:
    found = check(desk.take(since=desk.work.now() + timedelta(days=1)), verified)
    assert (found.problems, found.entries, found.about.first, found.about.last) == ((), 0, 0, 0)


def test_tables_open_in_a_spreadsheet_and_run_nothing(desk: Desk) -> None:
    service.record(desk.work, desk.city.root, "thing.done", ("thing", "=1+1"), {})
    files = opened(desk.take(whole=True))
    rows = list(csv.DictReader(io.StringIO(files["entries.csv"].decode("utf-8-sig"), newline="")))
    assert "'=1+1" in {one["object_id"] for one in rows}
    assert len(rows) == files["entries.jsonl"].count(b"\n")


def test_too_much_is_refused_with_a_way_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ENTRIES", 10)
    with pytest.raises(InputError, match="more than 10"):
        desk.take()


def test_only_the_tenants_auditor_takes_it_out(desk: Desk) -> None:
    with pytest.raises(ForbiddenError):
        service.export_record(desk.work, desk.city.actor(Role.TENANT_ADMIN, tenant=desk.city.a), KEY)
    with pytest.raises(NotFoundError):
        service.export_record(desk.work, desk.city.actor(Role.AUDITOR, tenant=desk.city.b), KEY)


@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 100, zips.written({}), zips.written({"manifest.json": b"{}"})])
def test_what_is_no_export_is_told_so(content: bytes) -> None:
    found = check(content, verified)
    assert found.about is None
    assert found.problems
