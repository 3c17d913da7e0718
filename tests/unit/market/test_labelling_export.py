"""Items with real pictures: masked when they are added, shown and exported so, and nothing else is kept."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from label_town import NO, YES, LabelTown
from PIL import Image

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import CommissionState
from pipewarden.market.facts.labels import Guess, ItemState, Said, Shape, ShapeKind, Verdict
from pipewarden.market.service import labelling, labelling_adding, labelling_items
from pipewarden.market.service.labelling_adding import NewItem
from pipewarden.market.service.labelling_export import Format, export
from pipewarden.market.store import commissions as commission_store
from pipewarden.market.store import labels as label_store
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.market.facts.labels import Item
    from pipewarden.perceive.service import Showing

BOX = Shape(ShapeKind.BOX, "hose_old", ((0.1, 0.1), (0.5, 0.5)))
MARKED = Said(matches=True, hazards=("hose_old",), shapes=(BOX,))


@pytest.fixture(scope="module")
def showing() -> Iterator[Showing]:
    with ChildDecoder() as decoder:
        yield perceive.only_masked(decoder)


@pytest.fixture
def town(work: Work, clock: SetClock) -> LabelTown:
    return LabelTown(work, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def drawn(seed: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (30, 40, 3), np.uint8)
    Image.fromarray(pixels).resize((640, 480)).save(out, "PNG")
    return out.getvalue()


def put(town: LabelTown, commission: Commission, blobs: BlobStore, showing: Showing, new: NewItem) -> Item:
    seed = sum(new.source.encode())
    return labelling_adding.add_picture(
        town.work, town.manager, commission.id, new, picture=drawn(seed), blobs=blobs, showing=showing
    )


def test_only_a_picture_drawn_anew_is_kept(town: LabelTown, blobs: BlobStore, showing: Showing) -> None:
    commission = town.kept()
    made = put(town, commission, blobs, showing, NewItem("a"))
    files = [one for one in blobs.root.rglob("*") if one.is_file()]
    assert len(files) == 1
    kept = files[0].read_bytes()
    assert kept.startswith(b"\xff\xd8")
    assert kept != drawn(sum(b"a"))
    assert (made.width, made.height) == (640, 480)
    who, part = town.labeller(commission)
    turn = labelling.next_turn(town.work, who, part.id)
    assert turn is not None
    assert labelling.picture(town.work, who, turn.answer.id, blobs) == kept
    assert labelling_items.picture(town.work, town.manager, made.id, blobs) == kept
    stranger = town.acting(town.expert().person_id)
    with pytest.raises(NotFoundError):
        labelling.picture(town.work, stranger, turn.answer.id, blobs)


def test_a_self_inspection_leaves_the_company_with_its_senders_word_alone(
    town: LabelTown, blobs: BlobStore, showing: Showing
) -> None:
    sender = town.actor_of(Role.RESIDENT)
    check = perceive.take_indoor(town.work, blobs, sender, drawn(7)).check
    commission = town.kept()
    with pytest.raises(RefusedError, match="leave"):
        labelling_adding.add_check(town.work, town.manager, commission.id, check.id, blobs=blobs, showing=showing)
    people.say_consent(town.work, sender, Purpose.EXPERTS, 1, given=True)
    made = labelling_adding.add_check(town.work, town.manager, commission.id, check.id, blobs=blobs, showing=showing)
    assert (made.source, made.authors) == (f"indoor:{check.id}", (sender.id,))


def test_the_same_source_is_one_item(town: LabelTown, blobs: BlobStore, showing: Showing) -> None:
    commission = town.kept()
    first = put(town, commission, blobs, showing, NewItem("a"))
    assert put(town, commission, blobs, showing, NewItem("a")).id == first.id


@pytest.mark.parametrize(
    ("new", "named"),
    [
        (NewItem(""), "source"),
        (NewItem("a", gold=Said(matches=True, hazards=("volcano",))), "list"),
        (NewItem("a", guess=Guess(Said(matches=False, shapes=(BOX,)), "m", 0.5)), "matches"),
        (NewItem("a", words="x" * 2001), "words"),
    ],
)
def test_what_is_said_of_an_item_is_checked(
    town: LabelTown, blobs: BlobStore, showing: Showing, new: NewItem, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        put(town, town.kept(), blobs, showing, new)


def test_offline_and_ended_commissions_take_no_items(town: LabelTown, blobs: BlobStore, showing: Showing) -> None:
    with pytest.raises(RefusedError, match="offline"):
        put(town, town.kept(online=False), blobs, showing, NewItem("a"))
    over = town.draft(state=CommissionState.CANCELLED)
    assert commission_store.one(town.work, commission_store.mine(town.work), over.id)
    with pytest.raises(RefusedError, match="cancelled"):
        put(town, over, blobs, showing, NewItem("a"))


def test_an_export_holds_every_settled_item_and_empty_ones(town: LabelTown, blobs: BlobStore, showing: Showing) -> None:
    commission = town.kept()
    for source, said in (("a", MARKED), ("b", NO)):
        made = put(town, commission, blobs, showing, NewItem(source))
        labelling_items.review(town.work, town.manager, made.id, Verdict.FIX, said=said)
    put(town, commission, blobs, showing, NewItem("c", guess=Guess(YES, "screen-1@4", 0.4)))
    found = {how: unpacked(town, commission, blobs, how) for how in Format}
    coco = json.loads(found[Format.COCO]["annotations.json"])
    assert [len(coco["images"]), len(coco["annotations"])] == [2, 1]
    assert len(found[Format.COCO]) == 3
    tasks = json.loads(found[Format.LABEL_STUDIO]["tasks.json"])
    assert [len(one["annotations"]) for one in tasks] == [1, 1, 0]
    assert tasks[2]["predictions"][0]["score"] == 0.4
    texts = [text for name, text in found[Format.YOLO].items() if name.endswith(".txt")]
    assert min(map(len, texts)) == 0
    assert sum(name.endswith(".xml") for name in found[Format.VOC]) == 2
    assert all(name.startswith("images/") for name in found[Format.VOC] if name.endswith(".jpg"))


def unpacked(town: LabelTown, commission: Commission, blobs: BlobStore, how: Format) -> dict[str, bytes]:
    once, again = io.BytesIO(), io.BytesIO()
    export(town.work, town.manager, commission.id, how, once, blobs=blobs)
    export(town.work, town.manager, commission.id, how, again, blobs=blobs)
    assert once.getvalue() == again.getvalue()
    with zipfile.ZipFile(once) as pack:
        return {one: pack.read(one) for one in pack.namelist()}


def test_an_expert_exports_nothing(town: LabelTown, blobs: BlobStore) -> None:
    commission = town.kept()
    who, _ = town.labeller(commission)
    with pytest.raises(ForbiddenError):
        export(town.work, who, commission.id, Format.COCO, io.BytesIO(), blobs=blobs)


@pytest.mark.release
def test_fifteen_thousand_tasks_leave_whole_and_in_pieces(
    town: LabelTown, blobs: BlobStore, showing: Showing, tmp_path: Path
) -> None:
    """All share one masked picture, which stands in the ZIP once; what counts here is that no task is lost."""
    commission = town.kept()
    first = put(town, commission, blobs, showing, NewItem("0", gold=MARKED, reason="管身开裂"))
    copies = [
        replace(first, id=town.work.ids.new(), source=f"copy:{n}", gold=None, state=ItemState.SETTLED, settled=MARKED)
        for n in range(15_000)
    ]
    for at in range(0, len(copies), 1000):
        assert label_store.add_items(town.work, copies[at : at + 1000])
    place = tmp_path / "labels.zip"
    with place.open("wb") as into:
        count = export(town.work, town.manager, commission.id, Format.COCO, into, blobs=blobs, pictures=False)
    with zipfile.ZipFile(place) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".json"))
        coco = json.loads(archive.read(name))
    assert count >= 15_000
    assert len(coco["images"]) == len({one["id"] for one in coco["images"]}) == count
    assert len(coco["annotations"]) >= 15_000
