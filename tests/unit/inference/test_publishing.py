"""Models of the house's own: published, promoted, taken back; what runs is always what was vouched for."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.inference import service
from pipewarden.inference.adapters import open_models
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.inference.facts import RegisteredModel
    from pipewarden.kit.clock import SetClock


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def entry(toy: Any, name: str) -> dict[str, Any]:
    return next(one for one in toy.entries() if one["name"] == name)


def publish(work: Work, blobs: BlobStore, toy: Any, version: str = "2", **changes: Any) -> RegisteredModel:
    """Publish the toy's screen under another version."""
    told = entry(toy, "screen")
    content = (toy.folder / told["file"]).read_bytes()
    given: dict[str, Any] = {
        "sha256": told["sha256"],
        "files": {told["file"]: content, "screen.md": b"# card"},
        "card": {key: told[key] for key in ("file", "inputs", "outputs", "threshold", "licence", "card", "extra")},
        "blobs": blobs,
        "actor": "learn",
    }
    return service.publish(work, changes.pop("name", "screen"), version, **(given | changes))


def test_a_published_model_is_a_challenger_and_changes_nothing(
    work: Work, blobs: BlobStore, toy: Any, byte_toy: Any
) -> None:
    service.register_shipped(work, toy.folder)
    made = publish(work, blobs, byte_toy)
    challenger, champion = service.challenger(work, "screen"), service.active(work, "screen")
    assert challenger is not None
    assert champion is not None
    assert (challenger.model, challenger.actor) == (made, "learn")
    assert champion.model.ref.version == "1"
    assert service.active_weights(work, blobs, toy.folder / "laid", shipped=toy.folder) == toy.folder
    assert service.history(work, "screen") == [champion], "a challenge is no change of what looks"
    assert blobs.get(hashlib.sha256(b"# card").hexdigest()) == b"# card"


def test_publishing_twice_is_once(work: Work, blobs: BlobStore, toy: Any, byte_toy: Any) -> None:
    service.register_shipped(work, toy.folder)
    first = publish(work, blobs, byte_toy)
    since = service.challenger(work, "screen")
    assert publish(work, blobs, byte_toy) == first
    assert service.challenger(work, "screen") == since


def test_a_promoted_model_looks_and_a_rollback_brings_the_old_one_back(
    work: Work, clock: SetClock, blobs: BlobStore, toy: Any, byte_toy: Any
) -> None:
    service.register_shipped(work, toy.folder)
    made = publish(work, blobs, byte_toy)
    service.promote(work, made.ref, actor="li.na")
    folder = service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder)
    assert folder.parent == blobs.root.parent / "laid"
    assert open_models(folder).detector.ref == made.ref
    assert open_models(folder).look.ref == open_models(toy.folder).look.ref
    assert service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder) == folder, (
        "laid out once"
    )
    clock.advance(timedelta(hours=1))
    back = service.rollback(work, "screen", actor="li.na")
    assert (back.model.ref.version, back.actor) == ("1", "li.na")
    assert service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder) == toy.folder
    assert service.rollback(work, "screen", actor="li.na").model == made, "and forth again"


def test_what_is_chosen_is_laid_out_without_the_nets_that_mask(
    work: Work, blobs: BlobStore, toy: Any, byte_toy: Any
) -> None:
    entries = [*toy.entries(), {**entry(toy, "screen"), "name": "teacher", "file": "teacher-2.onnx"}]
    (toy.folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    service.register_shipped(work, toy.folder)
    service.promote(work, publish(work, blobs, byte_toy).ref, actor="li.na")
    folder = service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder)
    assert open_models(folder).detector.ref.version == "2"
    assert "teacher" not in (folder / "manifest.json").read_text(encoding="utf-8")


def test_there_must_be_something_to_go_back_to(work: Work, toy: Any) -> None:
    service.register_shipped(work, toy.folder)
    for name in ("screen", "nobody"):
        with pytest.raises(InputError) as caught:
            service.rollback(work, name, actor="li.na")
        assert caught.value.field == "model"


def test_a_file_that_is_no_longer_what_was_published_is_refused(
    work: Work, blobs: BlobStore, toy: Any, byte_toy: Any
) -> None:
    service.register_shipped(work, toy.folder)
    made = publish(work, blobs, byte_toy)
    service.promote(work, made.ref, actor="li.na")
    good = service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder)
    laid = next(good.glob("screen-*"))
    content = laid.read_bytes()
    laid.write_bytes(content[:-1] + b"\x00")
    with pytest.raises(InputError, match=r"screen\.sha256"):
        open_models(good)
    blobs.path(made.ref.sha256).write_bytes(content + b"\x00")
    with pytest.raises(InputError, match="does not match its hash"):
        service.active_weights(work, blobs, blobs.root.parent / "other", shipped=toy.folder)
    blobs.path(made.ref.sha256).unlink()
    with pytest.raises(InputError, match="is not in"):
        service.active_weights(work, blobs, blobs.root.parent / "other", shipped=toy.folder)
    assert not (blobs.root.parent / "other").exists(), "a folder is whole or not there"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sha256": "0" * 64}, "sha256"),
        ({"files": {}}, "files"),
        ({"files": {"../x.onnx": b"x"}}, "files"),
        ({"files": {f"{n}.onnx": b"x" for n in range(17)}}, "files"),
        ({"files": {"other.onnx": b"x"}}, "card.file"),
        ({"name": "Screen 2"}, "name"),
        ({"version": "a b"}, "version"),
    ],
)
def test_what_is_not_what_it_says_is_not_published(
    work: Work, blobs: BlobStore, byte_toy: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        publish(work, blobs, byte_toy, **changes)
    assert caught.value.field == field
    assert service.challenger(work, "screen") is None
    assert not blobs.root.exists()


@pytest.mark.parametrize("file", ["model.pt", "model.pkl", "model.onnx.exe"])
def test_only_plain_weights_are_published(work: Work, blobs: BlobStore, byte_toy: Any, file: str) -> None:
    card = {**entry(byte_toy, "screen"), "file": file}
    with pytest.raises(InputError) as caught:
        publish(work, blobs, byte_toy, card=card, files={file: b"x"}, sha256=hashlib.sha256(b"x").hexdigest())
    assert caught.value.field == "card.file"


def test_a_model_whose_numbers_lie_elsewhere_is_not_published(work: Work, blobs: BlobStore, byte_toy: Any) -> None:
    told = entry(byte_toy, "screen")
    content = (byte_toy.folder / told["file"]).read_bytes() + b"\x6a\x16\x0a\x08location\x12\x0a/etc/passw"
    with pytest.raises(InputError, match="in another file"):
        publish(
            work, blobs, byte_toy, files={told["file"]: content}, sha256=hashlib.sha256(content).hexdigest(), card=told
        )


def test_a_version_is_one_file(work: Work, blobs: BlobStore, toy: Any, byte_toy: Any) -> None:
    publish(work, blobs, byte_toy)
    with pytest.raises(InputError) as caught:
        publish(work, blobs, toy)
    assert caught.value.field == "version"
    assert publish(work, blobs, toy, version="3").ref.version == "3"


def test_a_card_that_is_wrong_is_named(work: Work, blobs: BlobStore, byte_toy: Any) -> None:
    told = entry(byte_toy, "screen")
    with pytest.raises(InputError) as caught:
        publish(work, blobs, byte_toy, card={**told, "threshold": {"machine": 7}})
    assert caught.value.field == "screen.threshold.machine"


def test_another_tenants_model_does_not_look_here(
    work: Work, clock: SetClock, blobs: BlobStore, toy: Any, byte_toy: Any
) -> None:
    other = people.ensure_tenant(work.session, clock, work.ids, "other")
    theirs = Work(session=work.session, clock=clock, ids=work.ids, tenant_id=other.id)
    for one in (work, theirs):
        service.register_shipped(one, toy.folder)
    service.promote(theirs, publish(theirs, blobs, byte_toy).ref, actor="x")
    assert service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder) == toy.folder
    assert service.active_weights(theirs, blobs, blobs.root.parent / "laid", shipped=toy.folder) != toy.folder
    assert service.challenger(work, "screen") is None


def test_the_card_that_runs_is_the_published_one(work: Work, blobs: BlobStore, toy: Any, byte_toy: Any) -> None:
    service.register_shipped(work, toy.folder)
    told = entry(byte_toy, "screen")
    made = publish(work, blobs, byte_toy, card={**told, "threshold": {"machine": 0.77, "person": 0.5, "cone": 0.5}})
    service.promote(work, made.ref, actor="li.na")
    folder = service.active_weights(work, blobs, blobs.root.parent / "laid", shipped=toy.folder)
    assert open_models(folder).detector.thresholds["machine"] == 0.77
    kept = {one["name"]: one for one in json.loads((folder / "manifest.json").read_text())}
    assert set(kept) == {"screen", "look", "type"}
    assert kept["screen"]["files"][told["file"]] == made.ref.sha256
