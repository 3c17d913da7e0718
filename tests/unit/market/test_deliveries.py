"""Offline work: a ZIP under limits, a sample that nobody chose, accepted and paid or returned with the reasons."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from expert_town import PRICE, ExpertTown
from hypothesis import given
from hypothesis import strategies as st
from market_town import settle_all

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import Acceptance, DeliveryState, Engagement, EngagementState, Tool
from pipewarden.market.rules import deliveries as rules
from pipewarden.market.service import booking, commissions, deliveries, engagements
from pipewarden.market.store import commissions as store
from pipewarden.people.facts import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Delivery, Sampled

RULE = Acceptance(sample=5, wrong=1, share=0.01, words="")


@pytest.fixture
def town(work: Work, clock: SetClock) -> Iterator[ExpertTown]:
    made = ExpertTown(work, clock)
    yield made
    assert made.whole()
    found = booking.check_meters(work)
    assert (found.difference, found.problems) == (0, ())


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def pack(*names: str, content: bytes = b"{}", method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name in names:
            one = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))  # the same file whenever it is packed
            one.compress_type = method
            archive.writestr(one, content)
    return made.getvalue()


def many(count: int, mark: str = "") -> bytes:
    return pack(*(f"{one:04d}{mark}.json" for one in range(count)))


class Offline:
    """An expert with a running part of an offline commission."""

    def __init__(self, town: ExpertTown, blobs: BlobStore, **more: Any) -> None:
        self.town, self.blobs, self.anna = town, blobs, town.expert()
        self.whole = town.published(online=False, tool=Tool.OFFLINE, acceptance=RULE, **more)
        self.part = town.engaged(self.whole, self.anna)

    def deliver(self, content: bytes, *, early: bool = False) -> Delivery:
        signed = self.town.signed(self.anna)
        return deliveries.deliver(self.town.work, self.blobs, signed, self.part.id, content, early=early)

    def sample(self, one: Delivery) -> list[Sampled]:
        return next(
            drawn for each, drawn in deliveries.listed(self.town.work, self.town.manager, self.part.id)
            if each.id == one.id
        )  # fmt: skip

    def judge(self, one: Delivery, wrong: int = 0) -> Delivery:
        names = [each.name for each in self.sample(one)]
        words = {name: (at >= wrong, "框偏了" if at < wrong else "") for at, name in enumerate(names)}
        return deliveries.judge(self.town.work, self.town.manager, (self.part.id, one.id), words)[0]

    def now(self) -> Engagement:
        found = store.engagement(self.town.work, store.anybodys(), self.part.id)
        assert found is not None
        return found


def test_a_delivery_is_sampled_judged_and_paid(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    one = off.deliver(many(40))
    assert (one.state, len(one.names), len(off.sample(one))) == (DeliveryState.SAMPLED, 40, 5)
    done = off.judge(one, wrong=1)
    assert (done.state, done.charged) == (DeliveryState.ACCEPTED, 39), "what was found wrong is not paid"
    settle_all(town.work)
    assert town.wallet(off.anna.person_id) == 39 * PRICE
    with pytest.raises(RefusedError, match="is accepted"):
        off.judge(one)


def test_more_wrong_than_the_rule_goes_back_with_the_reasons(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    one = off.deliver(many(40))
    done = off.judge(one, wrong=2)
    assert (done.state, done.charged) == (DeliveryState.REJECTED, 0)
    (_, drawn), *_ = deliveries.listed(town.work, town.signed(off.anna), off.part.id)
    assert [each.reason for each in drawn if not each.right] == ["框偏了", "框偏了"]
    again = off.deliver(many(40) + b"")  # the very same file is the one that was rejected
    assert again.id == one.id
    better = off.deliver(pack(*(f"{each:04d}.json" for each in range(40)), content=b"better"))
    assert off.judge(better).charged == 40


def test_an_item_is_paid_once_however_often_it_is_delivered(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    assert off.judge(off.deliver(many(10))).charged == 10
    assert off.judge(off.deliver(many(15))).charged == 5, "ten of them were paid before"


def test_more_items_than_the_volume_are_not_paid(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs, volume=8)
    assert off.judge(off.deliver(many(20))).charged == 8


def test_an_early_delivery_ends_the_part_once_it_is_accepted(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    one = off.deliver(many(10), early=True)
    assert off.now().state is EngagementState.BEGUN
    with pytest.raises(RefusedError, match="wait for the client"):
        engagements.finish(town.work, town.signed(off.anna), off.part.id)
    off.judge(one)
    assert (off.now().state, off.now().why) == (EngagementState.DONE, "early")
    town.settle()
    assert town.in_budget(off.whole.budget_id) == off.whole.budget - 10 * PRICE


def test_a_rejected_early_delivery_leaves_the_part_running(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    off.judge(off.deliver(many(10), early=True), wrong=2)
    assert off.now().state is EngagementState.BEGUN


def test_a_client_who_says_nothing_accepts_in_the_end(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    off.deliver(many(12), early=True)
    town.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert deliveries.lapse(town.work) == 0
    town.clock.advance(timedelta(seconds=1))
    assert town.work.tenant_id in deliveries.tenants_waiting(town.work)
    assert deliveries.lapse(town.work) == 1
    (one, _), *_ = deliveries.listed(town.work, town.manager, off.part.id)
    assert (one.state, one.charged) == (DeliveryState.ACCEPTED, 12)
    assert off.now().state is EngagementState.DONE


def test_nothing_ends_while_a_delivery_waits(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    off.deliver(many(50))
    for act in (
        lambda: commissions.accept(town.work, town.manager, off.whole.id),
        lambda: commissions.cancel(town.work, town.manager, off.whole.id, "x"),
        lambda: off.deliver(many(3)),
    ):
        with pytest.raises(RefusedError):
            act()


@pytest.mark.parametrize("slip", ["left out", "not drawn", "no reason"])
def test_every_drawn_item_gets_a_word_and_no_other(town: ExpertTown, blobs: BlobStore, slip: str) -> None:
    off = Offline(town, blobs)
    one = off.deliver(many(40))
    words = {each.name: (True, "") for each in off.sample(one)}
    first = min(words)
    if slip == "left out":
        del words[first]
    elif slip == "no reason":
        words[first] = (False, " ")
    else:
        words |= {"9999": (True, "")}
    with pytest.raises(InputError) as caught:
        deliveries.judge(town.work, town.manager, (off.part.id, one.id), words)
    assert caught.value.field == "items"


def test_who_is_neither_side_sees_nothing(town: ExpertTown, blobs: BlobStore) -> None:
    off = Offline(town, blobs)
    one = off.deliver(many(3))
    stranger = town.signed(town.expert())
    for ask in (
        lambda: deliveries.listed(town.work, stranger, off.part.id),
        lambda: deliveries.file_of(town.work, blobs, stranger, (off.part.id, one.id)),
        lambda: deliveries.deliver(town.work, blobs, stranger, off.part.id, many(2)),
        lambda: deliveries.file_of(town.work, blobs, town.manager, (town.work.ids.new(), one.id)),
    ):
        with pytest.raises(NotFoundError):
            ask()
    with pytest.raises(ForbiddenError):
        deliveries.judge(town.work, stranger, (off.part.id, one.id), {})
    for side in (town.manager, town.signed(off.anna)):
        assert deliveries.file_of(town.work, blobs, side, (off.part.id, one.id))[1] == many(3)
    with pytest.raises(RefusedError, match="another's"):
        deliveries.deliver(town.work, blobs, town.manager, off.part.id, many(2))


def test_online_work_is_not_delivered_as_a_file(town: ExpertTown, blobs: BlobStore) -> None:
    anna = town.expert()
    part = town.engaged(town.published(), anna)
    with pytest.raises(RefusedError, match="online"):
        deliveries.deliver(town.work, blobs, town.signed(anna), part.id, many(2))


def test_a_picture_and_its_label_are_one_item() -> None:
    names = ("a/1.jpg", "a/1.json", "a/2.jpg", "b/1.jpg", "__MACOSX/a/._1.jpg", "a/.DS_Store", "README")
    assert rules.items_of(pack(*names)) == ("a/1", "a/2", "b/1", "README")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no ZIP"),
        (b"not a zip at all", "no ZIP"),
        (many(3)[:40], "no ZIP"),
        (pack(), "holds nothing"),
        (pack("__MACOSX/x"), "holds nothing"),
        (pack("x" * 201 + ".json"), "no"),
        (pack("a\u0007b.json"), "no"),
        (pack("bomb", content=b"\0" * (40 << 20), method=zipfile.ZIP_DEFLATED), "unpack to too much"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        rules.items_of(content)
    assert caught.value.field == "file"
    assert said in caught.value.problem


def test_a_locked_zip_and_one_of_two_files_of_a_name_are_refused() -> None:
    locked = bytearray(many(1))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    with pytest.raises(InputError, match="encrypted"):
        rules.items_of(bytes(locked))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = pack("a.json", "a.json")
    with pytest.raises(InputError, match="two files of one name"):
        rules.items_of(twice)


@given(count=st.integers(1, 300), sample=st.integers(1, 60), seed=st.integers(0, 2**128))
def test_a_sample_is_part_of_the_delivery_and_its_seed(count: int, sample: int, seed: int) -> None:
    names = [str(one) for one in range(count)]
    rule = Acceptance(sample, 0, 1.0, "")
    drawn = rules.drawn(names, rule, seed)
    assert len(drawn) == len(set(drawn)) == min(sample, count)
    assert set(drawn) <= set(names)
    assert rules.drawn(names, rule, seed) == drawn


def test_every_item_is_drawn_as_often_as_another() -> None:
    names, rule, rounds = [str(one) for one in range(20)], Acceptance(5, 0, 1.0, ""), 2000
    seen = dict.fromkeys(names, 0)
    for seed in range(rounds):
        for name in rules.drawn(names, rule, seed):
            seen[name] += 1
    expected = rounds * 5 / 20
    chi = sum((count - expected) ** 2 / expected for count in seen.values())
    assert chi < 43.8, "chi-squared of 19 degrees, 99.9 %"


@pytest.mark.parametrize(
    ("sample", "wrong", "drawn", "may"), [(50, 3, 50, 3), (50, 3, 17, 1), (50, 3, 16, 0), (5, 1, 4, 0)]
)
def test_a_small_delivery_may_hold_fewer_wrong_ones(sample: int, wrong: int, drawn: int, may: int) -> None:
    assert rules.allowed(Acceptance(sample, wrong, 1.0, ""), drawn) == may


def test_names_are_charged_in_batches() -> None:
    assert [list(one) for one in rules.batches("abcde", 2)] == [["a", "b"], ["c", "d"], ["e"]]
