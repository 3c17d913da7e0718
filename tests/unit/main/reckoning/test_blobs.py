"""A file that a row names and that is gone is found; a file that nothing names is found a day later, and no other."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Discovered, Noted
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import Base
from pipewarden.learn.store.manifests import ManifestRow
from pipewarden.main.migrate import load_tables
from pipewarden.main.reckoning import blobs as reckoning
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, Kept
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Keeping, NewCamera, NewObservation, ObservationKind
from pipewarden.sense.store.watches import LookRow

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.reckoning import Difference

HOUSE = UUID(int=99)
DAY = timedelta(days=1)
_LOOKED_AT = {
    ("insight_reports", "sha256"),
    ("sense_observations", "picture"),
    ("dedupe_alarms", "evidence"),
    ("learn_manifests", "sha256"),
    ("network_syncs", "blob"),
    ("network_drafts", "blob"),
    ("perceive_indoor", "picture"),
    ("act_documents", "sha256"),
    ("field_reports", "pictures"),
    ("field_answers", "picture"),
    ("market_deliveries", "sha256"),
    ("market_label_items", "picture"),
}
_NO_FILE = {  # columns that sound like it, and why a file need not be there
    ("sense_observations", "picture_name"),  # how its sender called it
    ("sense_watches", "picture"),  # the last one, to tell a frozen camera; thinned like any other
    ("sense_looks", "picture"),  # its observation's, asked there
    ("sense_told", "picture_problem"),  # words
    ("sense_told", "content_sha256"),  # of a message, to tell a repeat
    ("dedupe_frames", "picture"),  # its observation's; of a quiet one thinned
    ("dedupe_alarms", "evidence_box"),  # a box
    ("exchange_items", "content_sha256"),  # of a message
    ("people_blob_ids", "sha256"),  # what an id stands for: of a file that was there once
    ("field_reports", "content_sha256"),  # of a draft, to tell a repeat
    ("field_checks", "picture"),  # named by its site's event too
    ("exchange_open311_requests", "pictures"),  # how many
    ("people_sessions", "token_sha256"),
    ("people_api_keys", "secret_sha256"),
    ("people_answers", "request_sha256"),
    ("people_flows", "browser_sha256"),
    ("people_recovery_codes", "code_sha256"),
    ("inference_models", "sha256"),  # most came with the package
    ("inference_calls", "sha256"),  # a model's
    ("inference_vision_calls", "request_sha256"),  # of a question
    ("inference_vision_calls", "pictures"),  # of JPEGs drawn for one question; none is kept
    ("casework_policy_versions", "sha256"),  # of a text that is in the row
    ("casework_policy_versions", "base_sha256"),
    ("casework_contractor_appeals", "evidence"),  # sites' pictures by name, asked at their events
    ("field_reports", "kept_pictures"),  # how many
    ("market_payees", "openid_sha256"),  # of whom money goes to
    ("market_bills", "openid_sha256"),
    ("market_reconciliations", "sha256"),  # of a statement that is not kept
    ("market_examples", "sha256"),  # of a file that is not kept: features and a masked copy are in the row
    ("market_calls", "sha256"),  # of what was asked
    ("market_calls", "picture"),  # the bytes themselves, while the call waits
}


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def age(blobs: BlobStore, sha256: str, clock: SetClock, by: timedelta) -> None:
    moment = (clock.now() - by).timestamp()
    os.utime(blobs.path(sha256), (moment, moment))


def compared(work: Work, blobs: BlobStore) -> list[Difference]:
    return reckoning.compare(work.session, blobs, HOUSE, work.now())[1]


def seen(work: Work, blobs: BlobStore, name: str, picture: bytes) -> str:
    new = NewObservation("s", name, ObservationKind.SINGLE, picture, "upload")
    return sense.observe(work, blobs, new).picture


def test_every_column_that_may_name_a_file_is_looked_at_or_said_why_not() -> None:
    load_tables()
    words = ("picture", "sha256", "blob", "evidence")
    found = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in words)
    }
    assert found - _LOOKED_AT - _NO_FILE == set(), "does a file lie behind it? say so in main/reckoning/blobs.py"
    assert (_LOOKED_AT | _NO_FILE) - found == set()


def test_a_house_in_order_differs_in_nothing(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    sha256 = seen(work, blobs, "1", b"one")
    age(blobs, sha256, clock, 400 * DAY)
    counts, found = reckoning.compare(work.session, blobs, HOUSE, work.now())
    assert found == []
    assert counts["blobs"] == 1
    assert counts["rows_with_blobs"] >= 1


def test_a_house_without_any_file_is_compared_too(work: Work, blobs: BlobStore) -> None:
    assert reckoning.compare(work.session, blobs, HOUSE, work.now())[0]["blobs"] == 0


def test_a_file_that_is_gone_is_found_for_every_tenant_that_names_it(work: Work, blobs: BlobStore) -> None:
    sha256 = seen(work, blobs, "1", b"one")
    seen(work, blobs, "again", b"one")
    blobs.path(sha256).unlink()
    (one,) = compared(work, blobs)
    assert (one.what, one.tenant_id, one.count) == ("blob_missing", work.tenant_id, 1)
    assert one.named == (f"{sha256[:2]}/{sha256[2:]}",)
    assert "restore them from a backup" in one.words


def test_a_quiet_picture_that_was_thinned_out_is_not_missed(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    camera = sense.register_camera(work, NewCamera(key="gate", name="Gate"))
    new = NewObservation("gate", "1", ObservationKind.FRAME, b"quiet", "look", camera_id=camera.id, at=clock.now())
    look = sense.observe(work, blobs, new)
    row = {"tenant_id": work.tenant_id, "camera_id": camera.id, "at": clock.now(), "picture": look.picture}
    work.session.execute(
        insert(LookRow).values(observation_id=look.id, close=False, keeping=Keeping.QUIET.value, **row)
    )
    blobs.path(look.picture).unlink()
    assert [one.what for one in compared(work, blobs)] == ["blob_missing"]
    work.session.execute(update(LookRow).values(keeping=Keeping.DROPPED.value))
    assert compared(work, blobs) == []


def test_a_picture_whose_days_were_over_is_not_missed_and_another_tenants_is(work: Work, blobs: BlobStore) -> None:
    sha256 = seen(work, blobs, "1", b"one")
    blobs.path(sha256).unlink()
    other = people.ensure_tenant(work.session, work.clock, work.ids, "whose-days-were-over").id
    gone = [Kept(DataClass.SENT, "1", sha256, work.now(), frozenset())]
    people.prove_deleted(replace(work, tenant_id=other), DataClass.SENT, gone, "30 days")
    assert [one.what for one in compared(work, blobs)] == ["blob_missing"]
    people.prove_deleted(work, DataClass.SENT, gone, "30 days")
    assert compared(work, blobs) == []


def test_a_picture_brought_to_a_site_is_missed_where_it_lies(work: Work, blobs: BlobStore) -> None:
    site = casework.open_site(work, Discovered(None, Zone.PROTECTION, 2, 116.7, 39.5, "an excavator"))
    mine = BlobStore(blobs.root / "sites" / str(site.id))
    sha256 = mine.put(b"signature")
    held = store.sites.lock(work, [site.id])[site.id]
    casework.append(work, held, (Noted("a note", (sha256,)),), None)
    assert compared(work, blobs) == []
    mine.path(sha256).unlink()
    (one,) = compared(work, blobs)
    assert one.named == (f"sites/{site.id}/{sha256[:2]}/{sha256[2:]}",)


def test_a_file_that_nothing_names_is_found_after_a_day_and_not_before(
    work: Work, blobs: BlobStore, clock: SetClock
) -> None:
    sha256 = blobs.put(b"left by a crash")
    age(blobs, sha256, clock, DAY - timedelta(seconds=1))
    assert compared(work, blobs) == []
    age(blobs, sha256, clock, DAY + timedelta(seconds=1))
    (one,) = compared(work, blobs)
    assert (one.what, one.tenant_id, one.count) == ("blob_orphan", HOUSE, 1)
    assert one.named == (f"{sha256[:2]}/{sha256[2:]}",)


def test_a_file_under_no_hash_is_found_too(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    blobs.root.mkdir()
    stray = blobs.root / "notes.txt"
    stray.write_text("x")
    os.utime(stray, (0, 0))
    assert [one.named for one in compared(work, blobs)] == [("notes.txt",)]
    assert clock.now().year > 1970


def test_whatever_names_a_file_keeps_it(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    """A hash in any row, in whatever column, as text, in JSON or as bytes; and in the text of a data set."""
    told = {name: blobs.put(name.encode()) for name in ("json", "bytes", "set", "nothing")}
    people.record(work, people.operator(), "test.done", ("file", told["json"]), {"deep": [{"inside": told["json"]}]})
    work.session.execute(
        text("UPDATE people_audit SET hash = decode(:hex, 'hex') WHERE act = 'test.done'"), {"hex": told["bytes"]}
    )
    listing = blobs.put(f'{{"sha256":"{told["set"]}"}}\n'.encode())
    made = {"name": "d", "number": 1, "recipe": {}, "quality": {}, "made_by": "t", "made_at": clock.now()}
    work.session.execute(
        insert(ManifestRow).values(id=work.ids.new(), tenant_id=work.tenant_id, sha256=listing, **made)
    )
    for sha256 in (*told.values(), listing):
        age(blobs, sha256, clock, 2 * DAY)
    (one,) = compared(work, blobs)
    assert one.named == (f"{told['nothing'][:2]}/{told['nothing'][2:]}",)


def test_what_was_deleted_between_two_looks_is_no_difference(
    work: Work, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = work.tenant_id
    sha256 = hashlib.sha256(b"gone").hexdigest()
    looks = [[(tenant, f"{sha256[:2]}/{sha256[2:]}")], []]
    monkeypatch.setattr(reckoning, "_named", lambda _session: iter(looks.pop(0)))
    assert compared(work, blobs) == []
    assert looks == []


def test_twenty_are_named_and_all_are_counted(work: Work, blobs: BlobStore) -> None:
    for number in range(25):
        blobs.path(seen(work, blobs, str(number), b"%d" % number)).unlink()
    (one,) = compared(work, blobs)
    assert (one.count, len(one.named)) == (25, 20)
