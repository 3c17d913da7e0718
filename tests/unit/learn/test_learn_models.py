"""A model leads to its data set and its pictures, or it is not published."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from pipewarden.inference import service as inference
from pipewarden.inference.facts import ModelRef
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.learn import service as learn
from pipewarden.learn.facts import Member, Recipe, Share
from pipewarden.learn.rules import told_of, write
from pipewarden.learn.store import ManifestRow, PublishedRow
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError
from pipewarden.people.store.record import AuditRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Lineage, Manifest
    from pipewarden.people.facts import Actor

WEIGHTS = b"weights of a screen"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "blobs").mkdir()
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def dataset(work: Work, blobs: BlobStore, sample: Any) -> Manifest:
    """A data set of forty photographs of ten cameras."""
    samples = [sample(n, picture=blobs.put(b"picture %d" % n), camera=f"cam-{n % 10}") for n in range(40)]
    return learn.make(work, blobs, "streets", samples, Recipe(val=0.3, test=0.3), actor="tester")


def card(weights: bytes = WEIGHTS, **more: Any) -> dict[str, Any]:
    entries = json.loads((inference.WEIGHTS / "manifest.json").read_text())
    (shipped,) = [one for one in entries if one["name"] == "screen"]
    return {**shipped, "version": "7", "sha256": hashlib.sha256(weights).hexdigest(), **more}


def root(work: Work) -> Actor:
    return people.operator(work.tenant_id)


def publish(work: Work, blobs: BlobStore, told: dict[str, Any], dataset: str = "streets@1", **more: Any) -> Lineage:
    given = {"file": "screen-7.onnx", "weights": WEIGHTS, "card": told, "dataset": dataset}
    return learn.publish(work, root(work), blobs, **(given | more))


def acts(work: Work) -> list[str]:
    rows = work.session.scalars(select(AuditRow).where(AuditRow.tenant_id == work.tenant_id).order_by(AuditRow.seq))
    return [row.act for row in rows]


def test_a_published_model_leads_to_its_pictures_and_nothing_looks_with_it_yet(
    work: Work, blobs: BlobStore, dataset: Manifest
) -> None:
    inference.register_shipped(work)
    made = publish(work, blobs, card(dataset=dataset.sha256))
    assert made == learn.lineage(work, blobs, learn.model(work, "screen@7"))
    assert [one.sha256 for one in made.manifests] == [dataset.sha256]
    assert {one.sample.picture for one in made.members} == {
        hashlib.sha256(b"picture %d" % n).hexdigest() for n in range(40)
    }
    assert (made.vouched, made.actor, made.at) == (True, f"operator:{root(work).id}", work.now())
    assert blobs.get(made.model.ref.sha256) == WEIGHTS
    standing = {f"{one.model.ref.name}@{one.model.ref.version}": one for one in learn.models(work)}
    assert (standing["screen@7"].champion, standing["screen@7"].challenger) == (False, True)
    assert (standing["screen@7"].trained_on, standing["screen@1"].trained_on) == ("streets-1", None)
    assert standing["screen@1"].champion
    assert acts(work) == ["model.published"]


def test_published_twice_it_is_published_once_and_from_another_data_set_never(
    work: Work, blobs: BlobStore, dataset: Manifest, sample: Any
) -> None:
    first = publish(work, blobs, card())
    assert publish(work, blobs, card(), "streets") == first
    assert acts(work) == ["model.published"]
    assert not first.vouched, "the card names no data set: whoever published it did"
    learn.make(work, blobs, "other", [sample(1, picture=blobs.put(b"x"))], Recipe(), actor="a")
    with pytest.raises(InputError, match="published from another"):
        publish(work, blobs, card(), "other@1")
    with pytest.raises(InputError, match="already"):
        publish(work, blobs, card(b"other weights"), weights=b"other weights")
    assert len(work.session.scalars(select(PublishedRow)).all()) == 1
    assert dataset.number == 1


def forged(work: Work, blobs: BlobStore, dataset: Manifest, members: list[Member]) -> None:
    """Put another text behind the data set, as one from before the present rules may be."""
    row = work.session.get_one(ManifestRow, dataset.id)
    row.sha256 = blobs.put(write("streets", None, dataset.recipe, members))
    work.session.flush()


def test_a_file_that_is_not_what_was_trained_is_refused(work: Work, blobs: BlobStore, dataset: Manifest) -> None:
    for told in (card(b"other weights"), {key: value for key, value in card().items() if key != "sha256"}):
        with pytest.raises(InputError, match="not what was trained") as caught:
            publish(work, blobs, told)
        assert caught.value.field == "card.sha256"
    with pytest.raises(InputError) as caught:
        publish(work, blobs, card(dataset="0" * 64))
    assert caught.value.field == "card.dataset"
    assert dataset.label == "streets-1"
    assert inference.models(work) == []
    assert acts(work) == []


@pytest.mark.parametrize("name", ["nobody", "streets@2", "streets-2", "@", ""])
def test_a_data_set_that_is_not_known_is_refused(work: Work, blobs: BlobStore, dataset: Manifest, name: str) -> None:
    with pytest.raises(InputError, match="not known"):
        publish(work, blobs, card(), name)
    assert dataset.number == 1


def test_a_data_set_that_tests_on_rendered_pictures_or_has_lost_its_text_is_refused(
    work: Work, blobs: BlobStore, dataset: Manifest
) -> None:
    members = learn.members(blobs, dataset)
    drawn = [replace(one, sample=replace(one.sample, rendered=one.share is Share.TEST)) for one in members]
    forged(work, blobs, dataset, drawn)
    with pytest.raises(InputError, match="rendered picture"):
        publish(work, blobs, card())
    forged(work, blobs, dataset, [replace(one, sample=replace(one.sample, rendered=False)) for one in members])
    publish(work, blobs, card())
    blobs.path(dataset.sha256).write_bytes(b"{}")
    with pytest.raises(InputError, match="does not match its hash"):
        publish(work, blobs, card(), weights=WEIGHTS)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"share": "test", "pictures": 5, "rendered": 2}, "card.accuracy.rendered"),
        ({"share": "test", "pictures": 5}, "card.accuracy.rendered"),
        ({"share": "test", "pictures": 5, "rendered": None}, "card.accuracy.rendered"),
        ({"share": "test", "pictures": 41, "rendered": 0}, "card.accuracy.pictures"),
        ({"share": "test", "pictures": 0, "rendered": 0}, "card.accuracy.pictures"),
        ({"share": "test", "pictures": True, "rendered": 0}, "card.accuracy.pictures"),
        ({"share": "train", "pictures": 5, "rendered": 0}, "card.accuracy.share"),
        ("good", "card.accuracy.share"),
    ],
)
def test_an_accuracy_that_may_count_rendered_pictures_is_refused(
    work: Work, blobs: BlobStore, dataset: Manifest, told: object, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        publish(work, blobs, card(accuracy=told))
    assert caught.value.field == field
    assert dataset.quality.pictures["test"] > 0


def test_an_accuracy_of_the_photographs_is_taken(work: Work, blobs: BlobStore, dataset: Manifest) -> None:
    photographs = dataset.quality.pictures["test"]
    with pytest.raises(InputError, match=f"holds {photographs} photograph"):
        publish(work, blobs, card(accuracy={"share": "test", "pictures": photographs + 1, "rendered": 0}))
    made = publish(work, blobs, card(accuracy={"share": "test", "pictures": photographs, "rendered": 0, "ap50": 0.7}))
    assert made.card["accuracy"] == {"share": "test", "pictures": photographs, "rendered": 0, "ap50": 0.7}


def test_a_lineage_goes_back_over_the_data_sets_before(
    work: Work, blobs: BlobStore, dataset: Manifest, sample: Any
) -> None:
    samples = [sample(n, picture=blobs.put(b"picture %d" % n), camera=f"cam-{n % 10}") for n in range(60)]
    second = learn.make(work, blobs, "streets", samples, dataset.recipe, actor="tester")
    made = publish(work, blobs, card())
    assert [one.label for one in made.manifests] == ["streets-1"]
    newer = publish(work, blobs, card(b"n", version="8"), "streets", weights=b"n", file="screen-8.onnx")
    assert [one.label for one in newer.manifests] == [second.label, "streets-1"]
    assert len(newer.members) == 60


def test_promoted_challenged_and_taken_back_each_on_record(work: Work, blobs: BlobStore, dataset: Manifest) -> None:
    inference.register_shipped(work)
    made = publish(work, blobs, card()).model
    shipped = learn.model(work, "screen")
    assert shipped.ref.version == "1"
    learn.promote(work, root(work), made.ref)
    assert learn.model(work, "screen") == made
    assert learn.model(work, "screen-7") == made
    learn.rollback(work, root(work), "screen")
    assert learn.model(work, "screen") == shipped
    learn.challenge(work, root(work), shipped.ref)
    assert [one.model.ref.label for one in learn.models(work) if one.challenger] == ["screen-1"]
    assert acts(work) == ["model.published", "model.promoted", "model.rolled_back", "model.challenged"]
    with pytest.raises(InputError, match="not registered"):
        learn.challenge(work, root(work), ModelRef("screen", "9", "0" * 64))
    assert dataset.number == 1


def test_who_may_not_edit_policy_publishes_and_promotes_nothing(
    work: Work, blobs: BlobStore, dataset: Manifest
) -> None:
    made = publish(work, blobs, card()).model
    nobody = replace(root(work), grants=())
    with pytest.raises(ForbiddenError):
        learn.publish(work, nobody, blobs, file="a.onnx", weights=WEIGHTS, card=card(), dataset=dataset.label)
    for act in (learn.promote, learn.challenge):
        with pytest.raises(ForbiddenError):
            act(work, nobody, made.ref)
    with pytest.raises(ForbiddenError):
        learn.rollback(work, nobody, "screen")


def test_another_tenant_knows_neither_the_model_nor_the_data_set(
    work: Work, blobs: BlobStore, dataset: Manifest
) -> None:
    made = publish(work, blobs, card()).model
    stranger = people.ensure_tenant(work.session, work.clock, work.ids, "stranger")
    theirs = replace(work, tenant_id=stranger.id)
    assert learn.models(theirs) == []
    assert learn.lineage(theirs, blobs, made).manifests == ()
    with pytest.raises(InputError, match="not registered here"):
        learn.model(theirs, "screen@7")
    with pytest.raises(InputError, match="not known"):
        publish(theirs, blobs, card(), dataset.label)


def test_an_alarm_leads_to_the_model_that_saw_it(street: Any, blobs: BlobStore, sample: Any) -> None:
    work = street.work
    alarm = street.seen()
    assert learn.models_behind(work, alarm) == ([], ["test-1"])
    learn.make(work, blobs, "streets", [sample(1, picture=blobs.put(b"x"))], Recipe(), actor="a")
    made = publish(work, blobs, card(name="test", version="1")).model
    assert learn.models_behind(work, alarm) == ([made], [])
    said = street.alarm_of(street.report(at=(116.9, 39.6)))
    assert learn.models_behind(work, said) == ([], []), "a person's words are no model's"
    with pytest.raises(InputError, match="does not exist"):
        learn.models_behind(work, UUID(int=1))


def test_the_registry_says_which_model_looks_since_when_and_what_is_known_of_it(
    work: Work, blobs: BlobStore, dataset: Manifest
) -> None:
    assert learn.registry(work, root(work)) == []
    inference.register_shipped(work)
    photographs = sum(one.share is Share.TEST for one in learn.members(blobs, dataset))
    told = card(
        accuracy={"share": "test", "pictures": photographs, "rendered": 0, "ap50": 0.7, "words": "no score"},
        blind={"zh": "夜里", "en": "at night"},
    )
    publish(work, blobs, told)
    learn.promote(work, root(work), learn.model(work, "screen@7").ref)
    families = {one.name: one for one in learn.registry(work, root(work))}
    assert set(families) == {"faces", "look", "screen", "teacher", "type", "verifier"}
    own, shipped = families["screen"].versions
    assert (own.standing.model.ref.version, own.standing.champion, own.standing.trained_on) == ("7", True, "streets-1")
    assert own.card == {
        "scores": [{"set": "test", "figure": "ap50", "value": 0.7, "pictures": photographs}],
        "blind": {"zh": "夜里", "en": "at night"},
    }
    assert (shipped.standing.champion, shipped.entry["threshold"]["machine"]) == (False, 0.45)  # type: ignore[index]
    assert shipped.card["version"] == "1"
    assert [one.model.ref.version for one in families["screen"].choices] == ["7", "1"]
    assert [one.actor for one in families["look"].choices] == ["shipped"]
    with pytest.raises(ForbiddenError):
        learn.registry(work, replace(root(work), kind=ActorKind.PERSON, grants=()))


@pytest.mark.parametrize("blind", [None, "words", {"zh": "夜里"}, {"zh": 1, "en": "at night"}])
def test_a_card_that_says_nothing_says_nothing(blind: object) -> None:
    assert told_of({"blind": blind, "accuracy": None}) == {}


def test_a_broken_file_of_cards_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read"):
        inference.shipped_cards(tmp_path)
    (tmp_path / "cards.json").write_text('{"screen": 1}')
    with pytest.raises(InputError, match=r"cannot be read"):
        inference.shipped_cards(tmp_path)


def test_the_releases_cards_say_what_was_measured_of_the_files_that_are_shipped() -> None:
    measured = json.loads((ROOT / "docs" / "models" / "figures.json").read_text())
    entries = {one["sha256"]: one for one in json.loads((inference.WEIGHTS / "manifest.json").read_text())}
    cards = inference.shipped_cards()
    assert cards.keys() == entries.keys()
    for sha256, told in cards.items():
        assert (told["name"], told["version"]) == (entries[sha256]["name"], entries[sha256]["version"])
        assert told["data"], "every model learnt from something"
        for score in told["scores"]:  # type: ignore[attr-defined]
            found = measured
            for key in score["at"].split("/"):
                found = found[key]
            assert [score[key] for key in ("value", "low", "high")] == [found[k] for k in ("value", "low", "high")]
            assert score["pictures"] == found.get("pictures")
            assert score["set"] in score["at"]
