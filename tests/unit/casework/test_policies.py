"""A tenant's own rules: previewed on history before they act, by a second pair of eyes, and taken back at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import own_rules
import pytest
from duty_town import DutyTown
from sqlalchemy import func, select

from pipewarden.casework import service, store
from pipewarden.casework.facts import PolicyKind, VersionState
from pipewarden.casework.http.policies import PolicyQuery, get_policy
from pipewarden.casework.service import ruling
from pipewarden.casework.store.ruling import PolicyVersionRow
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import PolicyVersion
    from pipewarden.people.facts import Actor

RULES, RISK = PolicyKind.SUPERVISION, PolicyKind.RISK


@pytest.fixture
def town(street: Any) -> DutyTown:
    return DutyTown(street.work, street.clock)


@pytest.fixture
def author(town: DutyTown) -> Actor:
    return town.actor(town.person(Role.SAFETY_MANAGER))


@pytest.fixture
def second(town: DutyTown) -> Actor:
    return town.actor(town.person(Role.SAFETY_MANAGER))


def propose(town: DutyTown, actor: Actor, text: str, kind: PolicyKind = RULES) -> PolicyVersion:
    return service.propose(town.work, actor, kind, text, "shorter checks")


def try_it(town: DutyTown, actor: Actor, version: str = "mine@1", days: int = 7, kind: PolicyKind = RULES) -> Any:
    return service.preview_version(town.work, actor, kind, version, days)


def acts(town: DutyTown, actor: Actor, version: str = "mine@1", kind: PolicyKind = RULES) -> PolicyVersion:
    return service.activate(town.work, actor, kind, version)


def stored(town: DutyTown) -> int:
    return town.work.session.scalar(select(func.count()).select_from(PolicyVersionRow)) or 0


def test_without_a_version_of_its_own_the_shipped_file_rules(town: DutyTown, author: Actor) -> None:
    for kind, version in ((RULES, "CN@1"), (RISK, "CN-risk@2")):
        found = service.policy_ruling(town.work, author, kind)
        assert (found.version, found.own, found.base_moved, found.versions) == (version, False, False, ())
        assert found.text == ruling.shipped_text(kind)
    assert ruling.supervision(town.work) is store.shipped_supervision()


def test_however_many_versions_there_are_who_made_them_is_asked_once(
    town: DutyTown, author: Actor, second: Actor, count_statements: list[str]
) -> None:
    asked = []
    for number in range(3):
        propose(town, (author, second)[number % 2], own_rules.rules(f"mine@{number}"))
        del count_statements[:]
        told = get_policy(town.work, author, RULES, PolicyQuery())
        asked.append(len(count_statements))
        assert len(told.versions) == number + 1
        assert all(one.made_by for one in told.versions)
    assert asked[0] == asked[1] == asked[2], count_statements


def test_a_draft_changes_nothing_and_what_was_not_previewed_never_acts(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    made = propose(town, author, own_rules.rules())
    assert (made.state, made.base) == (VersionState.DRAFT, "CN@1")
    assert made.sha256 == hashlib.sha256(own_rules.rules().encode()).hexdigest()
    assert ruling.supervision(town.work).version == "CN@1"
    with pytest.raises(RefusedError, match="was not previewed"):
        acts(town, second)
    try_it(town, author, days=6)
    with pytest.raises(RefusedError, match="looked back 6 days"):
        acts(town, second)
    seen = try_it(town, author).previewed
    assert seen is not None
    assert (seen.days, seen.result["version"], seen.result["sites"]) == (7, "mine@1", 0)
    made = acts(town, second)
    assert (made.state, made.activated_at, made.replaced) == (VersionState.ACTIVE, town.clock.now(), None)
    assert ruling.supervision(town.work).version == "mine@1"
    with pytest.raises(RefusedError, match="rules already"):
        acts(town, second)
    with pytest.raises(RefusedError, match="rules already"):
        try_it(town, author)


def test_a_preview_is_of_this_text_against_what_rules_now_and_of_these_days(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    for version, minutes in (("mine@1", 30), ("mine@2", 20)):
        propose(town, author, own_rules.rules(version, minutes))
        try_it(town, author, version)
    acts(town, second)
    with pytest.raises(RefusedError, match="what rules now is not what it was compared with"):
        acts(town, second, "mine@2")
    try_it(town, author, "mine@2")
    town.clock.advance(timedelta(days=7, seconds=1))
    with pytest.raises(RefusedError, match="its preview is of"):
        acts(town, second, "mine@2")
    try_it(town, author, "mine@2")
    acts(town, second, "mine@2")
    assert ruling.supervision(town.work).version == "mine@2"


def test_nobody_lets_their_own_text_act_while_somebody_else_could_look_at_it(town: DutyTown, author: Actor) -> None:
    propose(town, author, own_rules.rules())
    try_it(town, author)
    for role in (Role.DISPATCHER, Role.PATROLLER):
        town.person(role)
    alone = service.activate(town.work, author, RULES, "mine@1")
    assert alone.activated_by == alone.made_by == f"person:{author.id}"
    service.roll_back(town.work, author, RULES, "tried")
    other = town.actor(town.person(Role.TENANT_ADMIN))
    try_it(town, author)
    with pytest.raises(RefusedError, match="written by you"):
        acts(town, author)
    root = people.operator(town.work.tenant_id)
    propose(town, root, own_rules.rules("mine@2"))
    try_it(town, root, "mine@2")
    with pytest.raises(RefusedError, match="written by you"):
        acts(town, root, "mine@2")
    assert acts(town, other).activated_by == f"person:{other.id}"


def test_who_may_not_edit_policies_does_nothing(town: DutyTown, author: Actor) -> None:
    dispatcher = town.actor(town.person(Role.DISPATCHER))
    propose(town, author, own_rules.rules())
    assert service.policy_ruling(town.work, dispatcher, RULES).versions[0].version == "mine@1"
    for act in (
        lambda: propose(town, dispatcher, own_rules.rules("mine@2")),
        lambda: try_it(town, dispatcher),
        lambda: acts(town, dispatcher),
        lambda: service.roll_back(town.work, dispatcher, RULES, "x"),
    ):
        with pytest.raises(ForbiddenError):
            act()
    stranger = town.actor(town.person(Role.OWNER))
    with pytest.raises(ForbiddenError):
        service.policy_ruling(town.work, stranger, RULES)


def test_taking_back_leads_through_what_ruled_before_to_the_shipped_file(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    with pytest.raises(RefusedError, match="nothing to take back"):
        service.roll_back(town.work, author, RULES, "x")
    for version, minutes in (("mine@1", 30), ("mine@2", 20)):
        propose(town, author, own_rules.rules(version, minutes))
        try_it(town, author, version)
        acts(town, second, version)
    assert service.roll_back(town.work, author, RULES, "too loud").version == "mine@1"
    assert ruling.supervision(town.work).version == "mine@1"
    found = service.roll_back(town.work, author, RULES, "too loud, too")
    assert (found.version, found.own) == ("CN@1", False)
    assert {one.version: one.state for one in found.versions} == dict.fromkeys(("mine@1", "mine@2"), "retired")
    told = [one.act for one in people.read(town.work, people.operator(), limit=200)]
    assert told.count("policy.rolled_back") == 2
    assert {"policy.proposed", "policy.previewed", "policy.activated"} <= set(told)


def test_two_that_replaced_each_other_lead_back_to_the_shipped_file(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    for version, minutes in (("mine@1", 30), ("mine@2", 20)):
        propose(town, author, own_rules.rules(version, minutes))
    for version in ("mine@1", "mine@2", "mine@1"):
        try_it(town, author, version)
        acts(town, second, version)
    found = [service.roll_back(town.work, author, RULES, "x").version for _ in range(2)]
    assert found == ["mine@2", "CN@1"]


def test_three_that_replaced_one_another_in_a_ring_lead_back_to_the_shipped_file(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    for version, minutes in (("mine@1", 30), ("mine@2", 20), ("mine@3", 25)):
        propose(town, author, own_rules.rules(version, minutes))
    for version in ("mine@1", "mine@2", "mine@3", "mine@1"):
        try_it(town, author, version)
        acts(town, second, version)
    found = [service.roll_back(town.work, author, RULES, "x").version for _ in range(3)]
    assert found == ["mine@3", "mine@2", "CN@1"]


def test_a_preview_that_comes_late_takes_no_version_out_of_force(town: DutyTown, author: Actor, second: Actor) -> None:
    made = propose(town, author, own_rules.rules())
    try_it(town, author)
    acts(town, second)
    with pytest.raises(RefusedError, match="rules already"):
        service.keep_preview(town.work, author, made, 7, {})
    assert ruling.supervision(town.work).version == "mine@1"


@pytest.mark.parametrize("slip", own_rules.SLIPS)
def test_a_text_with_a_slip_is_refused_with_line_path_and_fix_and_nothing_is_stored(
    town: DutyTown, author: Actor, slip: str
) -> None:
    text, path, fix = own_rules.SLIPS[slip]
    with pytest.raises(InputError) as caught:
        propose(town, author, text)
    assert caught.value.field.startswith("text:")
    assert caught.value.field.endswith(path)
    assert caught.value.fix == fix
    assert stored(town) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (own_rules.SHIPPED, "CN@1 is taken"),
        (own_rules.BOMB, "again and again, without end"),
        ("a: &a [*a]\n" + own_rules.rules(), "again and again, without end"),
        (own_rules.changed(own_rules.rules(), ("by: PT10M", "by: PT9M")), "V-STOPPED-WORK example 1"),
        (own_rules.rules().split("  - code: V-REPAIR-PAPERS")[0], "V-REPAIR-PAPERS is law"),
    ],
)
def test_a_text_that_holds_in_itself_is_refused_for_what_it_would_do(
    town: DutyTown, author: Actor, text: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        propose(town, author, text)
    assert stored(town) == 0


def test_a_rule_that_is_no_law_may_be_left_out_and_a_name_is_used_once(town: DutyTown, author: Actor) -> None:
    before, _, rest = own_rules.rules().partition("  - code: V-BOUNDARY")
    text = before + "  - code: V-FORBIDDEN" + rest.partition("  - code: V-FORBIDDEN")[2]
    propose(town, author, text)
    with pytest.raises(InputError, match="mine@1 is taken"):
        propose(town, author, own_rules.rules())
    assert stored(town) == 1


def test_a_later_shipped_file_replaces_no_version_of_a_tenant_and_says_that_the_base_moved(
    town: DutyTown, author: Actor, second: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(town, author, own_rules.rules())
    try_it(town, author)
    acts(town, second)
    assert not service.policy_ruling(town.work, author, RULES).base_moved
    newer = own_rules.changed(own_rules.SHIPPED, ("version: CN@1", "version: CN@2"))
    given, _ = service.check(newer, "CN.yaml")
    monkeypatch.setattr(store, "shipped_supervision", lambda: given)
    monkeypatch.setattr(ruling, "shipped_text", lambda _kind: newer)
    found = service.policy_ruling(town.work, author, RULES)
    assert (found.version, found.base_moved, found.shipped) == ("mine@1", True, "CN@2")
    assert ruling.supervision(town.work).version == "mine@1"
    assert service.roll_back(town.work, author, RULES, "take the new one").version == "CN@2"


def test_a_version_that_this_release_cannot_read_lets_the_shipped_file_rule_and_says_so(
    town: DutyTown, author: Actor, second: Actor
) -> None:
    propose(town, author, own_rules.rules())
    try_it(town, author)
    made = acts(town, second)
    row = town.work.session.get_one(PolicyVersionRow, made.id)
    row.text = own_rules.NO_FACT
    town.work.session.flush()
    town.work.session.info.clear()
    assert ruling.supervision(town.work).version == "CN@1"
    (breach,) = store.watched.untold(town.work, limit=9)
    assert breach.what == "policy_unreadable"
    assert "site.zome" in breach.words
    assert town.site().open


def test_one_tenants_version_is_nobody_elses(town: DutyTown, author: Actor, second: Actor) -> None:
    propose(town, author, own_rules.rules())
    try_it(town, author)
    acts(town, second)
    other = replace(town.work, tenant_id=town.work.ids.new())
    assert ruling.supervision(other).version == "CN@1"
    assert store.ruling.versions(other, RULES, limit=9) == []


def test_weights_of_a_tenant_rule_from_their_day_on(town: DutyTown, author: Actor, second: Actor) -> None:
    later = own_rules.changed(own_rules.weights(), ("since: 2026-01-01", "since: 2027-01-01"))
    propose(town, author, later, RISK)
    seen = try_it(town, author, "mine-risk@1", kind=RISK).previewed
    assert seen is not None
    assert seen.result["version"] == "mine-risk@1"
    acts(town, second, "mine-risk@1", RISK)
    now = town.clock.now()
    assert ruling.risk(town.work, now).version == "CN-risk@2"
    assert ruling.risk(town.work, now + timedelta(days=365)).version == "mine-risk@1"
    _, found = service.risk_of(town.work, author, town.site().id)
    assert found.version == "CN-risk@2"
    service.roll_back(town.work, author, RISK, "x")
    propose(town, author, own_rules.weights("mine-risk@2"), RISK)
    try_it(town, author, "mine-risk@2", kind=RISK)
    acts(town, second, "mine-risk@2", RISK)
    site = town.site()
    _, found = service.risk_of(town.work, author, site.id)
    assert found.version == "mine-risk@2"
    with pytest.raises(InputError, match="counts less"):
        propose(town, author, own_rules.weights("mine-risk@3", 0.7), RISK)


def test_a_preview_that_would_take_too_long_names_the_other_way(town: DutyTown, author: Actor) -> None:
    propose(town, author, own_rules.rules())
    town.site(), town.site()
    with pytest.raises(RefusedError, match="2 sites are too many"):
        service.preview_version(town.work, author, RULES, "mine@1", 7, most=1)
    assert service.policy_version(town.work, author, RULES, "mine@1").previewed is None
