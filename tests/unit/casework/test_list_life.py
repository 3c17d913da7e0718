"""What a list says over time, in any order: of each id at most one filing holds, and it is the newest word of the list.

Imported message by message against a model of eight lines: whoever sends numbers revisions, and may cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import permit_rows as rows
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from list_town import ListTown

from pipewarden.casework import service
from pipewarden.casework.facts import FilingState
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.service import KeptFiling
    from pipewarden.kit.work import Work

DAYS = {"LegalStartDate": "2026-12-01T17:01:00-08:00", "TicketExpirationDate": "2027-01-13T23:59:59-08:00"}
ENDED = {FilingState.CANCELLED, FilingState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Message:
    """One ticket as it is sent."""

    number: str
    revision: int
    cancels: bool

    def sent(self) -> str:
        status = {"TicketStatus": "Cancelled"} if self.cancels else {}
        work = {"WorkType": f"Sewer {self.number} {self.revision}"}
        return rows.ticket(self.number, TicketRevisionNumber=f"{self.revision:03}", **DAYS, **work, **status)


@dataclass(slots=True)
class Model:
    """The newest revision of each id, and whether it takes the works back."""

    last: dict[str, Message] = field(default_factory=dict)

    def hear(self, one: Message) -> None:
        before = self.last.get(one.number)
        if before is None or one.revision > before.revision or (one.cancels and one.revision == before.revision):
            self.last[one.number] = one

    def holds(self) -> dict[str, int]:
        return {number: one.revision for number, one in self.last.items() if not one.cancels}


MESSAGES = st.lists(
    st.builds(Message, st.sampled_from(["11", "22", "33"]), st.integers(0, 4), st.sampled_from([False, False, True])),
    min_size=1,
    max_size=8,
)


def take(town: ListTown, *said: Message) -> list[str]:
    """Import messages as one list; return what became of each row."""
    report = town.take(f"<list>{''.join(one.sent() for one in said)}</list>", "usan811")
    return [one.took.value for one in report.rows]


def held(town: ListTown) -> dict[str, int]:
    """Return the revision that holds of each id, and hold that it is one."""
    found: dict[str, int] = {}
    for kept in town.filings():
        if service.filing_state(kept.filing, town.work.now()) not in ENDED:
            assert kept.filing.works.source_id not in found, "two filings of one id hold"
            found[kept.filing.works.source_id] = revision(kept)
    return found


def revision(kept: KeptFiling) -> int:
    words = kept.filing.works.words
    said = next(part for part in words.split(" · ") if part.startswith("Sewer "))
    return int(said.split()[-1])


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES)
def test_message_by_message_the_newest_word_of_each_id_holds(work: Work, said: list[Message]) -> None:
    with work.session.begin_nested() as point:
        town, model = ListTown(work), Model()
        for one in said:
            take(town, one)
            model.hear(one)
            assert held(town) == model.holds()
        before = {kept.filing.id: kept.filing.version for kept in town.filings()}
        for one in said:  # the same again, in whatever order they came: nobody is asked anew
            take(town, one)
        assert {kept.filing.id: kept.filing.version for kept in town.filings()} == before
        point.rollback()
    work.take_facts()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES, st.randoms(use_true_random=False))
def test_one_list_says_the_same_in_whatever_order_its_rows_stand(
    work: Work, said: list[Message], shuffle: object
) -> None:
    once = list({(one.number, one.revision): one for one in said}.values())  # one revision says one thing
    mixed = list(once)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    ends = []
    for order in (once, mixed):
        with work.session.begin_nested() as point:
            town, model = ListTown(work), Model()
            take(town, *order)
            for one in order:
                model.hear(one)
            ends.append((held(town), model.holds()))
            point.rollback()
        work.take_facts()
    assert ends[0] == ends[1]
    assert ends[0][0] == ends[0][1]


@pytest.mark.parametrize("bad", ["0001-01-01T00:00:00-08:00", "2026-02-30T00:00:00-08:00", "soon", ""])
def test_a_list_with_one_row_that_cannot_be_meant_leaves_all_as_it_was(work: Work, bad: str) -> None:
    """A crash between two rows would be the same: nothing of the list is there, not even its numbers."""
    town = ListTown(work)
    take(town, Message("11", 0, cancels=False))
    before = held(town)
    spoiled = rows.ticket("22", TicketRevisionNumber="000", **DAYS | {"TicketExpirationDate": bad})
    said = Message("11", 1, cancels=True).sent() + spoiled
    with pytest.raises(InputError) as refused:
        town.take(f"<list>{said}</list>", "usan811")
    assert "row 2" in refused.value.field
    assert "nothing was imported" in refused.value.problem
    assert held(town) == before
    assert take(town, Message("11", 0, cancels=False)) == ["unchanged"]
