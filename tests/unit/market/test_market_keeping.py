"""What experts were shown and delivered goes when its days are over; what people wrote goes when they ask."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from label_town import YES, LabelTown

from pipewarden.kit.blobs import BlobStore
from pipewarden.market.facts.commissions import CommissionState, Delivery, DeliveryState
from pipewarden.market.facts.foundry import Example, Kind, Life, Line, Purpose, Version
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.service import deliveries, experts_forgetting, keeping, labelling
from pipewarden.market.store import commissions as commission_store
from pipewarden.market.store import deliveries as delivery_store
from pipewarden.market.store import foundry as foundry_store
from pipewarden.market.store import foundry_examples as example_store
from pipewarden.market.store import labels as store
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, MarkKind

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.market.facts.labels import Item

YEAR = timedelta(days=365)


@pytest.fixture
def town(work: Work, clock: SetClock) -> LabelTown:
    return LabelTown(work, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def swept(town: LabelTown, blobs: BlobStore) -> Any:
    keepers = (keeping.LabelKeeper(blobs), keeping.DeliveryKeeper(blobs), keeping.ExampleKeeper())
    return people.run_retention(town.work, keepers)


def pictured(town: LabelTown, commission: Commission, blobs: BlobStore, content: bytes, **more: Any) -> Item:
    (item,) = town.items(commission, 1, **more)
    made = replace(item, picture=labelling.apart(blobs).put(content))
    store.change_item(town.work, made)
    return made


def there(blobs: BlobStore, item: Item) -> bool:
    assert item.picture is not None
    return labelling.apart(blobs).path(item.picture).exists()


def ended(town: LabelTown, commission: Commission) -> None:
    over = replace(commission, state=CommissionState.SETTLED, ended_at=town.clock.now())
    commission_store.change(town.work, over)


def test_pictures_of_items_go_a_year_after_their_commission(town: LabelTown, blobs: BlobStore, clock: SetClock) -> None:
    over, runs = town.kept(), town.kept()
    gone, shared, stays = (pictured(town, one, blobs, word) for one, word in ((over, b"1"), (over, b"2"), (runs, b"2")))
    ended(town, over)
    clock.advance(YEAR - timedelta(seconds=1))
    assert [one.due for one in swept(town, blobs).sums] == [0, 0, 0]
    clock.advance(timedelta(seconds=1))
    assert swept(town, blobs).sums[0].deleted == 2
    assert not there(blobs, gone)
    assert there(blobs, shared), "another item shows the same picture"
    found = store.item(town.work, gone.id)
    assert found is not None
    assert (found.picture, found.width) == (None, 1280), "what was said of it stays"
    assert there(blobs, stays)
    assert swept(town, blobs).sums[0].due == 0


def test_a_hold_keeps_a_picture(town: LabelTown, blobs: BlobStore, clock: SetClock) -> None:
    over = town.kept()
    item = pictured(town, over, blobs, b"1")
    ended(town, over)
    root = people.operator(town.work.tenant_id)
    people.set_mark(town.work, root, MarkKind.HOLD, f"picture:{item.picture}", reason="法院要求保全")
    clock.advance(YEAR)
    assert swept(town, blobs).sums[0].held == 1
    assert there(blobs, item)


def test_deliveries_go_with_their_files_and_their_judgement_stays(
    town: LabelTown, blobs: BlobStore, clock: SetClock
) -> None:
    commission = town.kept(online=False)
    who, part = town.labeller(commission)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr("1.json", "{}")
    made = deliveries.deliver(town.work, blobs, who, part.id, out.getvalue(), words="第一批")
    ended(town, commission)
    clock.advance(YEAR)
    assert swept(town, blobs).sums[1].deleted == 1
    assert not deliveries.apart(blobs).path(made.sha256).exists()
    found = delivery_store.one(town.work, made.id)
    assert isinstance(found, Delivery)
    assert (found.names, found.state, found.sha256) == (("1",), DeliveryState.SAMPLED, f"gone:{made.id}")
    assert swept(town, blobs).sums[1].due == 0


def test_examples_go_unless_figures_stand_on_them(town: LabelTown, blobs: BlobStore, clock: SetClock) -> None:
    spare, used = example(town, Life.DRAFT), example(town, Life.LIVE)
    clock.advance(YEAR)
    sums = swept(town, blobs).sums[2]
    assert (sums.deleted, sums.needed) == (1, 1)
    assert example_store.page(town.work, spare, limit=9) == []
    assert len(example_store.page(town.work, used, limit=9)) == 1


def test_who_wants_to_be_forgotten_leaves_no_words_and_no_picture(
    town: LabelTown, blobs: BlobStore, clock: SetClock
) -> None:
    commission = town.kept()
    who, part = town.labeller(commission, volume=30)
    sender = town.expert().person_id
    shows = pictured(town, commission, blobs, b"home", authors=(sender,))
    (item,) = town.items(commission, 1)
    turn = labelling._drawn(town.work, who, part, Candidate(item.id))
    labelling.answer(town.work, who, turn.answer.id, replace(YES, comment="我家楼下那根"))
    held = experts_forgetting.held_of(town.work, who.id, 9)
    assert held["comments"] == [{"at": clock.now().isoformat(), "words": "我家楼下那根"}]
    assert experts_forgetting.forget(town.work, who.id) == 2
    (said,) = store.answers(town.work, store.of_person(who.id), limit=9)
    assert said.said == YES, "the answer is the client's, the words are gone"
    assert "comments" not in experts_forgetting.held_of(town.work, who.id, 9)
    keeper = keeping.LabelKeeper(blobs)
    own = keeper.of_person(town.work, sender, 9)
    assert [(one.cls, one.digest) for one in own] == [(DataClass.WORK, shows.picture)]
    assert people.let_go(town.work, keeper, own, "asked to be forgotten") == {str(shows.id)}
    assert not there(blobs, shows)
    assert experts_forgetting.forget(town.work, sender) == 2, "the expert's own words, and one item"
    assert keeper.of_person(town.work, sender, 9) == []
    assert labelling.next_turn(town.work, *drawer(town, commission)) is None, "nobody is asked about no picture"


def drawer(town: LabelTown, commission: Commission) -> tuple[Any, UUID]:
    who, part = town.labeller(commission, volume=30)
    for other in store.items(town.work, commission.id, limit=9):
        if other.picture is not None:
            store.change_item(town.work, replace(other, asked=1))
    return who, part.id


def example(town: LabelTown, state: Life) -> UUID:
    """Make a capability with one version in a state and one labelled picture; return it."""
    ids, now, tenant = town.work.ids, town.clock.now(), town.work.tenant_id
    line = Line(ids.new(), tenant, f"line-{state.value}", Kind.EXAMPLE, "t", ids.new(), now)
    assert foundry_store.add_line(town.work, line)
    foundry_store.add_version(town.work, Version(ids.new(), tenant, line.id, 1, {}, state, now))
    one = Example(ids.new(), tenant, line.id, Purpose.TRAIN, "machine", "s", state.value, "look", now)
    assert example_store.add(town.work, one, b"masked")
    return line.id
