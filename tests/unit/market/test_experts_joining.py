"""Becoming an expert: by a link or on one's own, seen by the house, graded, on one's own page, and forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from expert_town import PRICE, ExpertTown

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.experts import Grade
from pipewarden.market.facts.talks import Side
from pipewarden.market.service import engagements, engaging, experts, experts_forgetting, experts_home, talks
from pipewarden.market.service import experts_joining as joining
from pipewarden.market.service.experts_joining import Profile
from pipewarden.market.store import experts as store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ForbiddenError, NewPerson, NotFoundError, Role

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

SAID = Profile("华北 设计院", "燃气工程师", frozenset({"软管老化"}), "八年", conflicts=frozenset({" 新奥 燃气 "}))
TOKEN = "a" * 32


@pytest.fixture
def town(work: Work, clock: SetClock) -> ExpertTown:
    return ExpertTown(work, clock)


def link(town: ExpertTown, **more: Any) -> joining.Link:
    given: dict[str, Any] = {"words": "请加入", "tags": frozenset({"软管老化"}), "days": 30, "most": 2}
    return joining.make_link(town.work, town.admin, TOKEN, **given | more)


def resident(town: ExpertTown) -> Actor:
    return town.proved(town.person(Role.RESIDENT))


def kinds(town: ExpertTown, person: Any) -> list[str]:
    return [one.kind for one in store.events(town.work, person)]


def test_whoever_is_signed_in_registers_and_gets_the_role(town: ExpertTown) -> None:
    actor = resident(town)
    made = joining.register(town.work, actor, SAID)
    assert (made.grade, made.tenant_id, made.link_id, made.rating) == (Grade.C, PLATFORM, None, None)
    assert made.conflicts == frozenset({"新奥燃气"}), "companies are compared without spaces"
    assert kinds(town, actor.id) == ["registered"]
    now = people.actor_of(town.work, actor.id)
    assert now is not None
    assert now.grants_for(joining.WORK)
    again = joining.register(town.work, now, replace(SAID, job="高工"))
    assert (again.job, again.since) == ("高工", made.since)
    assert kinds(town, actor.id) == ["registered", "changed"]


def test_a_link_is_used_up_and_then_opens_nothing(town: ExpertTown) -> None:
    made = link(town)
    assert joining.open_link(town.work, TOKEN).words == "请加入"
    for _ in range(2):
        expert = joining.register(town.work, resident(town), SAID, TOKEN)
        assert (expert.tenant_id, expert.link_id) == (town.work.tenant_id, made.id)
    with pytest.raises(NotFoundError):
        joining.open_link(town.work, TOKEN)
    late = resident(town)
    with pytest.raises(NotFoundError):
        joining.register(town.work, late, SAID, TOKEN)
    assert experts.expert(town.work, late.id) is None
    assert [one.used for one in joining.links(town.work, town.admin, limit=5)] == [2]


def test_a_link_is_over_when_its_days_are_or_somebody_ends_it(town: ExpertTown) -> None:
    made = link(town, days=1)
    town.clock.advance(timedelta(days=1) - timedelta(seconds=1))
    assert joining.open_link(town.work, TOKEN).id == made.id
    town.clock.advance(timedelta(seconds=1))
    with pytest.raises(NotFoundError):
        joining.open_link(town.work, TOKEN)
    other = joining.make_link(town.work, town.admin, "b" * 32, words="x", tags=frozenset(), days=9, most=9)
    ended = joining.end_link(town.work, town.admin, other.id)
    assert ended.ended_at == town.clock.now()
    with pytest.raises(NotFoundError):
        joining.open_link(town.work, "b" * 32)
    for word in ("", "c" * 32, TOKEN[:-1]):
        with pytest.raises(NotFoundError):
            joining.open_link(town.work, word)


def test_the_word_of_a_link_is_not_kept(town: ExpertTown) -> None:
    made = link(town)
    assert TOKEN.encode() not in made.digest
    assert TOKEN not in repr(made)


def test_somebody_without_an_account_gets_one_by_a_link(town: ExpertTown) -> None:
    link(town)
    wanted = NewPerson(login="new-expert", name="王工", password="Kein Bagger am Rohr 7")  # noqa: S106  made up
    gate: Any = town_gate()
    person, expert = joining.register_new(town.work.of(PLATFORM), gate, wanted, SAID, TOKEN)
    assert person.id == expert.person_id
    found = people.actor_of(town.work, person.id)
    assert found is not None
    assert found.grants_for(joining.WORK)
    with pytest.raises(InputError, match="is taken"):
        joining.register_new(town.work.of(PLATFORM), gate, wanted, SAID, TOKEN)


def town_gate() -> Any:
    from duty_town import GATE  # noqa: PLC0415  the town's own

    return GATE


@pytest.mark.parametrize(
    ("more", "field"),
    [({"days": 0}, "days"), ({"days": 91}, "days"), ({"most": 0}, "most"), ({"most": 1001}, "most")],
)
def test_a_link_has_bounds(town: ExpertTown, more: dict[str, int], field: str) -> None:
    with pytest.raises(InputError) as caught:
        link(town, **more)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tags": frozenset({""})}, "tags"),
        ({"tags": frozenset({"x" * 31})}, "tags"),
        ({"tags": frozenset(f"t{one}" for one in range(31))}, "tags"),
        ({"conflicts": frozenset(f"t{one}" for one in range(31))}, "conflicts"),
        ({"price_floor": 0}, "price_floor"),
    ],
)
def test_what_somebody_says_has_bounds(town: ExpertTown, more: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        joining.register(town.work, resident(town), replace(SAID, **more))
    assert caught.value.field == field


def test_only_a_person_registers_and_only_an_expert_changes(town: ExpertTown) -> None:
    with pytest.raises(ForbiddenError):
        joining.register(town.work, people.system("x", town.work.tenant_id), SAID)
    with pytest.raises(NotFoundError):
        joining.change(town.work, resident(town), SAID)
    with pytest.raises(ForbiddenError):
        joining.make_link(town.work, town.manager, TOKEN, words="x", tags=frozenset(), days=1, most=1)


def test_who_saw_them_is_on_record_and_the_grade_follows(town: ExpertTown) -> None:
    link(town)
    actor = resident(town)
    expert = joining.register(town.work, actor, SAID, TOKEN)
    experts.prove(town.work, actor.id, "软管老化", right=200, wrong=0)
    done = joining.verify(town.work, town.admin, actor.id, how="看过工作证")
    assert done.verified_at == town.clock.now()
    assert done.grade is Grade.C, "no commission is done yet"
    missing = joining.standing(town.work, actor.id)
    assert [zh for zh, _ in missing[Grade.B]] == ["完成需求 0/1"]
    assert len(missing[Grade.A]) == 1
    assert joining.verify(town.work, town.admin, actor.id, how="again") == done
    assert kinds(town, actor.id) == ["registered", "verified"]
    (entry,) = people.entries_of(town.work, "expert", actor.id)[-1:]
    assert entry.act == "expert.verified"
    assert expert.link_id is not None


def test_nobody_sees_themselves_or_another_tenants(town: ExpertTown) -> None:
    elsewhere = town.expert()
    with pytest.raises(NotFoundError):
        joining.verify(town.work, town.admin, elsewhere.person_id, how="x")
    own = town.expert(tenant_id=town.work.tenant_id)
    root = replace(people.operator(town.work.tenant_id), id=own.person_id)
    with pytest.raises(RefusedError, match="yourself"):
        joining.verify(town.work, root, own.person_id, how="x")


def test_ones_own_page_says_everything(town: ExpertTown) -> None:
    anna = town.expert()
    commission = town.published()
    part = town.engaged(commission, anna)
    engaging.charge(town.work, part.id, list("abc"))
    experts.prove(town.work, anna.person_id, "软管老化", right=3, wrong=1)
    found = experts_home.home(town.work, town.signed(anna))
    assert (found.earned, dict(found.parts)) == (3 * PRICE, {engagements.EngagementState.BEGUN: 1})
    assert [(one.topic, one.right, one.wrong) for one in found.skills] == [("软管老化", 3, 1)]
    assert set(found.missing) == {Grade.A, Grade.B}
    with pytest.raises(ForbiddenError):
        experts_home.home(town.work, resident(town))
    with pytest.raises(NotFoundError):
        experts_home.home(town.work, town.proved(town.person(Role.EXPERT)))


def test_clients_read_experts_page_by_page(town: ExpertTown) -> None:
    made = [town.expert(grade=grade) for grade in (Grade.A, Grade.B)]
    seen = [one.person_id for one, name in experts_home.listed(town.work, town.manager, None, limit=500, after=None)]
    assert {one.person_id for one in made} <= set(seen)
    assert seen == sorted(seen)
    best = experts_home.listed(town.work, town.manager, Grade.A, limit=500, after=None)
    assert {one.grade for one, _ in best} == {Grade.A}
    rest = experts_home.listed(town.work, town.manager, None, limit=1, after=made[0].person_id)
    assert rest[0][0].person_id == made[1].person_id
    assert experts_home.one(town.work, town.manager, made[0].person_id)[0] == made[0]
    with pytest.raises(NotFoundError):
        experts_home.one(town.work, town.manager, town.work.ids.new())


def test_who_asks_to_be_forgotten_is(town: ExpertTown) -> None:
    anna = town.expert(words="八年", price_floor=900)
    commission = town.published()
    part = town.engaged(commission, anna)
    engaging.charge(town.work, part.id, ["a"])
    talks.say_as_expert(town.work, town.signed(anna), commission.id, "我的电话 138")
    talks.say_as_client(town.work, town.manager, commission.id, anna.person_id, "好的")
    held = experts_forgetting.held_of(town.work, anna.person_id, 10)
    assert held["employer"] == "华北设计院"
    assert [one["words"] for one in held["said"]] == ["我的电话 138"]  # type: ignore[attr-defined]
    assert experts_forgetting.forget(town.work, anna.person_id) == 2
    after = experts.expert(town.work, anna.person_id)
    assert after is not None
    assert (after.employer, after.job, after.tags, after.words, after.available) == ("", "", frozenset(), "", False)
    read = talks.read_as_client(town.work, town.manager, commission.id, anna.person_id, limit=9)
    assert [(one.side, one.words) for one in read] == [(Side.CLIENT, "好的"), (Side.EXPERT, "")]
    assert engaging.calls_of(town.work, [part]) == {str(part.id): 1}, "what was paid stays"
    assert experts_forgetting.held_of(town.work, town.work.ids.new(), 10) == {}
    assert experts_forgetting.forget(town.work, town.work.ids.new()) == 0
