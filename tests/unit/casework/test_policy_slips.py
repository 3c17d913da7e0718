"""A policy that would break later is refused when it is read: a rule that throws when it opens would lose a site."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import pipewarden
from pipewarden.casework.rules.calendar import read_year
from pipewarden.casework.rules.duty_file import read_policy
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.casework.facts import DutyPolicy

FOLDER = Path(pipewarden.__file__).parent / "policy"
YEAR = {"year": 2027, "country": "CN", "source": "a notice of 2026", "confidence": "H", "free": [], "worked": []}


def written() -> tuple[Any, Any]:
    duties, ladders = (
        yaml.safe_load((FOLDER / name / "CN.yaml").read_text(encoding="utf-8")) for name in ("duties", "escalation")
    )
    return duties, ladders


def read(change: Callable[[Any, Any], object]) -> DutyPolicy:
    duties, ladders = (deepcopy(one) for one in written())
    change(duties, ladders)
    return read_policy(duties, ladders, [])


def duty(given: Any, kind: str) -> Any:
    return next(one for one in given["duties"] if one["kind"] == kind)


def test_what_is_shipped_is_read() -> None:
    policy = read(lambda _duties, _ladders: None)
    assert (policy.calendar.opens, policy.calendar.shuts) == (time(9), time(18))
    assert set(policy.ladders) == {"danger", "usual", "papers", "notice", "day"}


@pytest.mark.parametrize("given", ["PT30H", "P1DT2H", "P401D"])
def test_a_working_time_that_cannot_be_counted_is_refused(given: str) -> None:
    """It would throw when the duty opens, and take the site's event with it."""
    with pytest.raises(InputError, match="working") as told:
        read(lambda duties, _ladders: duty(duties, "reply").update(due=[{"in": given, "count": "working"}]))
    assert "reply" in told.value.field


@pytest.mark.parametrize("given", ["PT8H", "P1D", "P400D"])
def test_whole_days_and_hours_within_one_are_working_times(given: str) -> None:
    policy = read(lambda duties, _ladders: duty(duties, "reply").update(due=[{"in": given, "count": "working"}]))
    assert policy.duties["reply"].due[0].count.value == "working"


def test_a_duty_about_something_is_opened_only_by_what_names_it() -> None:
    for opens in ([{"event": "verified"}], [{"entered": ["filed"]}], [{"event": "stop_ordered"}, {"event": "struck"}]):
        with pytest.raises(InputError, match="stop_id") as told:
            read(lambda duties, _ladders, opens=opens: duty(duties, "stopped").update(opens=opens))
        assert "stopped" in told.value.field


def test_a_duty_that_calls_at_once_cannot_be_paused() -> None:
    """A pause ends its chain, and nothing would begin it again."""
    with pytest.raises(InputError, match="pause") as told:
        read(lambda duties, _ladders: duty(duties, "accident").update(pauses=["storm"]))
    assert "accident" in told.value.field


@pytest.mark.parametrize("hours", [{"from": "18:00", "to": "09:00"}, {"from": "09:00", "to": "09:00"}])
def test_business_that_never_opens_is_refused(hours: dict[str, str]) -> None:
    """Working hours would be looked for until the end of all calendars."""
    with pytest.raises(InputError, match="hours"):
        read(lambda duties, _ladders: duties.update(hours=hours))


@pytest.mark.parametrize("most", ["PT0S", "-P1D"])
def test_a_longest_pause_of_nothing_is_refused(most: str) -> None:
    with pytest.raises(InputError, match="pause_most"):
        read(lambda duties, _ladders: duties.update(pause_most=most))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda duties, _: duty(duties, "arrive").update(whilst=["filed"]), "whilst"),
        (lambda duties, _: duty(duties, "arrive").update(closes=[]), "closes"),
        (lambda duties, _: duty(duties, "arrive").update(due=[]), "due"),
        (lambda duties, _: duty(duties, "arrive").update(due=[{"in": "PT0S"}]), "due"),
        (lambda duties, _: duty(duties, "arrive").update(kind="Arrive!"), "kind"),
        (lambda duties, _: duty(duties, "arrive").update(starts="never"), "starts"),
        (lambda duties, _: duty(duties, "arrive").update(**{"while": ["lost"]}), "while"),
        (lambda _, ladders: ladders["ladders"]["usual"].update(steps=[]), "usual.steps"),
        (lambda _, ladders: ladders["ladders"]["usual"].update(again="PT4M59S"), "usual.again"),
        (lambda _, ladders: ladders["ladders"]["usual"].update(proof="PT0S"), "usual.proof"),
        (lambda _, ladders: ladders["ladders"]["usual"]["steps"][0].update(who="boss"), "usual.steps.0.who"),
        (lambda _, ladders: ladders["ladders"]["usual"]["steps"][0].update(after="PT1S"), "usual"),
        (lambda _, ladders: ladders["ladders"]["usual"]["steps"][2].update(after="PT15M"), "usual"),
    ],
)
def test_each_slip_is_told_by_where_it_stands(change: Callable[[Any, Any], object], where: str) -> None:
    with pytest.raises(InputError) as told:
        read(change)
    assert where in told.value.field
    assert told.value.fix


def test_a_kind_that_stands_twice_is_named() -> None:
    with pytest.raises(InputError, match="stands twice") as told:
        read(lambda duties, _ladders: duties["duties"].append(dict(duty(duties, "plan"))))
    assert told.value.field == "duties: plan"


def test_a_holiday_that_runs_backwards_is_refused_and_not_lost() -> None:
    """Read as no day at all it would count seven holidays as worked, in silence."""
    backwards = [{"name": "国庆节", "from": "2027-10-07", "to": "2027-10-01"}]
    with pytest.raises(InputError, match=r"CN-2027\.yaml"):
        read_year(YEAR | {"free": backwards}, "CN-2027.yaml")


def test_a_day_is_not_free_and_worked_at_once() -> None:
    free = [{"name": "国庆节", "from": "2027-10-01", "to": "2027-10-03"}]
    with pytest.raises(InputError, match=r"CN-2027\.yaml"):
        read_year(YEAR | {"free": free, "worked": ["2027-10-02"]}, "CN-2027.yaml")


def test_days_of_another_year_are_no_part_of_this_one() -> None:
    """Nobody would ever look there: the day belongs into the other year's file."""
    for slip in ({"worked": ["2026-10-10"]}, {"free": [{"name": "元旦", "from": "2026-12-31", "to": "2027-01-01"}]}):
        with pytest.raises(InputError, match=r"CN-2027\.yaml"):
            read_year(YEAR | slip, "CN-2027.yaml")


def test_a_holiday_holds_both_its_ends() -> None:
    free = [{"name": "国庆节", "from": "2027-10-01", "to": "2027-10-03"}]
    known = read_year(YEAR | {"free": free, "worked": ["2027-10-09"]}, "CN-2027.yaml")
    assert known.free == {date(2027, 10, one) for one in (1, 2, 3)}
    assert known.worked == {date(2027, 10, 9)}
    one = read_year(YEAR | {"free": [{"name": "元旦", "from": "2027-01-01", "to": "2027-01-01"}]}, "CN-2027.yaml")
    assert one.free == {date(2027, 1, 1)}
