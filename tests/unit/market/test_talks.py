"""和我聊聊: each expert apart, nobody else reads it; and both sides hear of what happens to a commission."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from expert_town import ExpertTown

from pipewarden.act import service as act
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.experts import Grade
from pipewarden.market.facts.talks import Pooled, PoolState, Side
from pipewarden.market.service import commissions, commissions_telling, engagements, engaging, experts_joining, talks
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks as talk_store
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def town(work: Work, clock: SetClock) -> ExpertTown:
    return ExpertTown(work, clock)


def test_the_two_sides_talk_and_see_what_was_read(town: ExpertTown) -> None:
    commission, anna = town.published(), town.expert()
    signed = town.signed(anna)
    talks.say_as_expert(town.work, signed, commission.id, " 图片在哪里看？ ")
    (listed,) = talks.talks_of(town.work, town.manager, commission.id)
    assert (listed.person_id, listed.count, listed.unread) == (anna.person_id, 1, 1)
    (read,) = talks.read_as_client(town.work, town.manager, commission.id, anna.person_id, limit=9)
    assert (read.side, read.words, read.read_at) == (Side.EXPERT, "图片在哪里看？", town.clock.now())
    assert talks.talks_of(town.work, town.manager, commission.id)[0].unread == 0
    town.clock.advance(timedelta(minutes=1))
    answer = talks.say_as_client(town.work, town.manager, commission.id, anna.person_id, "在工具里")
    newest, first = talks.read_as_expert(town.work, signed, commission.id, limit=9)
    assert (newest.id, newest.side, newest.by) == (answer.id, Side.CLIENT, town.manager.id)
    assert first.read_at == read.read_at, "the first look counts"
    older = talks.read_as_expert(town.work, signed, commission.id, limit=9, before=newest.id)
    assert [one.id for one in older] == [first.id]


def test_each_expert_talks_apart(town: ExpertTown) -> None:
    commission = town.published()
    anna, ben = town.expert(), town.expert()
    talks.say_as_expert(town.work, town.signed(anna), commission.id, "一")
    assert talks.read_as_expert(town.work, town.signed(ben), commission.id, limit=9) == []
    assert talks.read_as_client(town.work, town.manager, commission.id, ben.person_id, limit=9) == []


def test_nobody_else_reads_a_talk(town: ExpertTown) -> None:
    commission, anna = town.published(), town.expert()
    talks.say_as_expert(town.work, town.signed(anna), commission.id, "一")
    for role in (Role.DISPATCHER, Role.AUDITOR, Role.RESIDENT):
        with pytest.raises(ForbiddenError):
            talks.read_as_client(town.work, town.actor_of(role), commission.id, anna.person_id, limit=9)
    other = town.work.of(town.work.ids.new())
    with pytest.raises(NotFoundError):
        talks.read_as_client(other, town.manager, commission.id, anna.person_id, limit=9)


def test_a_draft_is_not_talked_about(town: ExpertTown) -> None:
    draft, anna = commissions.draft(town.work, town.manager, town.wish()), town.expert()
    with pytest.raises(NotFoundError):
        talks.say_as_expert(town.work, town.signed(anna), draft.id, "一")
    with pytest.raises(RefusedError, match="is a draft"):
        talks.say_as_client(town.work, town.manager, draft.id, anna.person_id, "一")
    with pytest.raises(NotFoundError):
        talks.say_as_client(town.work, town.manager, draft.id, town.work.ids.new(), "一")


def test_who_worked_talks_on_when_it_is_over(town: ExpertTown) -> None:
    commission, anna, ben = town.published(), town.expert(), town.expert()
    part = town.engaged(commission, anna)
    engaging.charge(town.work, part.id, [str(one) for one in range(60)])
    commissions.accept(town.work, town.manager, commission.id)
    assert talks.say_as_expert(town.work, town.signed(anna), commission.id, "谢谢").words == "谢谢"
    with pytest.raises(NotFoundError):
        talks.say_as_expert(town.work, town.signed(ben), commission.id, "我呢")


def test_a_talk_is_no_bulletin(town: ExpertTown) -> None:
    commission, anna = town.published(), town.signed(town.expert())
    with pytest.raises(InputError, match="are empty"):
        talks.say_as_expert(town.work, anna, commission.id, "  ")
    with mock.patch.object(talks, "_A_DAY", 3):
        for _ in range(3):
            talks.say_as_expert(town.work, anna, commission.id, "一")
        with pytest.raises(RefusedError, match="more than 3 in a day"):
            talks.say_as_expert(town.work, anna, commission.id, "一")
        town.clock.advance(timedelta(days=1, seconds=1))
        talks.say_as_expert(town.work, anna, commission.id, "一")


class Heard:
    """What was sent, to whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[UUID, str, dict[str, str]]] = []

    def __call__(self, _work: Work, _post: Any, persons: Any, text: str, params: dict[str, str], **_more: Any) -> None:
        self.sent += [(one, text, params) for one in persons]

    def told(self) -> list[tuple[UUID, str]]:
        return [(person, text) for person, text, _ in self.sent]


@pytest.fixture
def heard() -> Any:
    made = Heard()
    with mock.patch.object(act, "tell_persons", made):
        yield made


def everything(town: ExpertTown, commission_id: UUID) -> None:
    ids = [one.id for one in store.events(town.work, commission_id)]
    commissions_telling.tell(town.work, None, ids)  # type: ignore[arg-type]  the fake sends nothing


def test_both_sides_hear_of_what_concerns_them(town: ExpertTown, heard: Heard) -> None:
    commission, anna, ben = town.published(), town.expert(), town.expert()
    offered = engagements.offer(town.work, town.manager, commission.id, anna.person_id)
    applied = engagements.apply(town.work, town.signed(ben), commission.id)
    engagements.agree(town.work, town.signed(anna), offered.id)
    engagements.refuse(town.work, town.manager, applied.id, "已满")
    engaging.charge(town.work, offered.id, [str(one) for one in range(60)])
    commissions.accept(town.work, town.manager, commission.id)
    everything(town, commission.id)
    client = town.manager.id
    assert heard.told() == [
        (anna.person_id, "commission.offered"),
        (client, "commission.applied"),
        (client, "commission.begun"),
        (ben.person_id, "commission.refused"),
        (anna.person_id, "commission.accepted"),
    ]
    assert heard.sent[3][2]["reason"] == "已满"
    assert all(params["title"] == commission.title for _, _, params in heard.sent)


def test_every_message_has_its_words_in_both_languages(town: ExpertTown, heard: Heard) -> None:
    from pipewarden.act.store.words import shipped_words  # noqa: PLC0415

    commission, anna = town.published(), town.expert()
    part = town.engaged(commission, anna)
    engagements.finish(town.work, town.signed(anna), part.id, "做完了")
    engagements.rate(town.work, town.manager, part.id, 5, "")
    commissions.cancel(town.work, town.manager, commission.id, "停")
    town.settle()
    everything(town, commission.id)
    assert {"commission.done", "commission.part_rated", "commission.cancelled"} <= {text for _, text in heard.told()}
    for language in shipped_words().values():
        for _, text, params in heard.sent:
            said = language.texts[text].format_map(params)
            assert "{" not in said


def test_a_new_grade_is_told(town: ExpertTown, heard: Heard) -> None:
    anna = town.expert(verified_at=town.clock.now(), grade=Grade.B)
    experts_joining.regrade(town.work, anna.person_id)
    ids = [one.id for one in expert_store.events(town.work, anna.person_id)]
    assert commissions_telling.tell_experts(town.work, None, ids) == 1  # type: ignore[arg-type]
    assert heard.sent[0][:2] == (anna.person_id, "expert.demoted")
    assert heard.sent[0][2]["grade"] == "C"


def test_a_talk_is_told_once_until_it_is_read(town: ExpertTown, heard: Heard) -> None:
    commission, anna = town.published(), town.expert()
    signed = town.signed(anna)

    def say(words: str) -> int:
        said = talks.say_as_expert(town.work, signed, commission.id, words)
        return commissions_telling.tell_said(town.work, None, [said.id])  # type: ignore[arg-type]

    assert [say("一"), say("二")] == [1, 0]
    talks.read_as_client(town.work, town.manager, commission.id, anna.person_id, limit=9)
    assert say("三") == 1
    back = talks.say_as_client(town.work, town.manager, commission.id, anna.person_id, "好")
    commissions_telling.tell_said(town.work, None, [back.id])  # type: ignore[arg-type]
    assert heard.told() == [
        (town.manager.id, "talk.said"),
        (town.manager.id, "talk.said"),
        (anna.person_id, "talk.said"),
    ]


def test_pictures_that_wait_are_told_together(town: ExpertTown, heard: Heard) -> None:
    anna = town.expert()
    ids = []
    for _ in range(2):
        one = Pooled(
            town.work.ids.new(), town.work.tenant_id, town.work.ids.new(), anna.person_id, 0.5, (), PoolState.WAITING,
            town.clock.now(),
        )  # fmt: skip
        assert talk_store.show(town.work, one)
        assert not talk_store.show(town.work, one)
        ids.append(one.id)
    assert commissions_telling.tell_pooled(town.work, None, ids) == 1  # type: ignore[arg-type]
    assert heard.sent[0][2]["count"] == "2"
