"""The simulated crew: somebody in every post at every moment, and papers that hold what the path asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipewarden.main.desk_cast import _PATH, _PROOF, Crew
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.main.home import Home

DAYS = 5


@pytest.fixture(scope="module")
def crew(home: Home) -> Crew:
    made = Crew.hire(home.factory.sessions, home.factory, f"cast-{home.factory.ids.new().hex[-6:]}")
    with home.factory.begin(made.tenant_id) as work:
        made.write_rosters(work, DAYS)
    return made


def test_every_post_is_held_by_two_who_take_turns(crew: Crew) -> None:
    assert len(crew.posts) == 8
    persons = [person for _, _, _, pair in crew.posts for person in pair]
    assert len(set(persons)) == 16
    assert sum(role is Role.PATROLLER for role, *_ in crew.posts) == 4


def test_somebody_is_on_duty_in_every_role_and_district_at_every_hour(home: Home, crew: Crew) -> None:
    with home.factory.begin(crew.tenant_id) as work:
        begins = work.now()
        for hour in range(1, DAYS * 24, 5):
            at = begins + timedelta(hours=hour)
            for role, area, _, pair in crew.posts:
                path = people.area(work, area).path
                found = {duty.person_id for duty in people.on_duty(work, role, path, at)}
                assert found & set(pair), (role, hour)


def test_nobody_works_two_days_in_a_row(home: Home, crew: Crew) -> None:
    with home.factory.begin(crew.tenant_id) as work:
        begins = work.now()
        role, area, _, pair = crew.posts[0]
        path = people.area(work, area).path
        seen = [
            people.on_duty(work, role, path, begins + timedelta(days=day, hours=1))[0].person_id for day in range(4)
        ]
    assert seen in ([pair[0], pair[1]] * 2, [pair[1], pair[0]] * 2)


def test_the_path_is_the_products_own_and_the_papers_hold_what_it_asks_for() -> None:
    assert _PATH[0].value == "notified"
    assert _PATH[-1].value == "closed"
    assert len(_PROOF.signed_by) == len(set(_PROOF.signed_by)) == 4
    assert _PROOF.pictures
    assert _PROOF.words
