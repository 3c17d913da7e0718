"""0 filings are off by one day: their days against an oracle that only looks at the place's clock."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from day_oracle import ZONES, first_moment, some_day

from pipewarden.casework import service

CASES = 10_000


def test_the_days_of_a_filing_begin_and_end_with_the_day_of_the_place() -> None:
    chance, wrong = Random("filings"), []  # noqa: S311  no secret
    for number in range(CASES):
        zone, day = chance.choice(ZONES), some_day(chance, 2000, 2099)
        told = [service.filing_edge(day.isoformat(), zone, field="x", last=last) for last in (False, True)]
        wanted = [first_moment(day, zone), first_moment(day + timedelta(days=1), zone)]
        if told != wanted:
            wrong.append((number, day, zone.key, told, wanted))
    assert wrong == []
