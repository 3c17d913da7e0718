"""Lost messages are found by the sender's numbers, and of several messages about one permit the newest holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import permit_rows as rows
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.sense import service
from pipewarden.sense.adapters.permits.files import PermitFiles
from pipewarden.sense.facts import NumberGap, Permit, PermitNote
from pipewarden.sense.rules.permits import held, missing

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.sense.facts import PermitList

MON, TUE = date(2026, 9, 14), date(2026, 9, 15)
ONE = Permit(source="s", source_id="T1", file="a", row=1, zone="UTC", revision="1")
BACK = PermitNote("z", 9, "", "cancelled")


def test_a_hole_in_numbers_that_begin_each_day() -> None:
    heard = [("S", MON, 1), ("S", MON, 2), ("S", MON, 5), ("S", TUE, 3)]
    assert missing(heard, daily=True) == (NumberGap("S", MON, 3, 4), NumberGap("S", TUE, 1, 2))


def test_a_hole_in_numbers_that_run_on_is_told_on_the_day_of_the_next_message() -> None:
    heard = [("S", MON, 6148), ("S", TUE, 6149), ("S", TUE, 6152)]
    assert missing(heard, daily=False) == (NumberGap("S", TUE, 6150, 6151),)


def test_nothing_is_missing_when_nothing_is() -> None:
    assert missing([], daily=True) == ()
    assert missing([("S", MON, 1), ("S", MON, 2), ("S", TUE, 1)], daily=True) == ()
    assert missing([("S", MON, 9)], daily=False) == ()


def test_late_and_repeated_messages_are_no_holes_and_stations_are_apart() -> None:
    heard = [("S", MON, 3), ("S", MON, 1), ("S", MON, 2), ("S", MON, 2), ("R", MON, 1), ("R", MON, 4)]
    assert missing(heard, daily=True) == (NumberGap("R", MON, 2, 3),)


@given(st.sets(st.integers(1, 60), min_size=1), st.booleans())
def test_heard_and_missing_together_are_every_number(heard: set[int], daily: bool) -> None:
    gaps = missing([("S", MON, number) for number in heard], daily=daily)
    lost = {number for gap in gaps for number in range(gap.first, gap.last + 1)}
    assert lost | heard == set(range(1 if daily else min(heard), max(heard) + 1))
    assert not lost & heard


def test_no_flood_of_holes_is_returned() -> None:
    assert len(missing([("S", MON, 2 * number) for number in range(1, 3000)], daily=True)) == 1000


def folder(path: Path, *tickets: str) -> PermitList:
    for count, told in enumerate(tickets):
        rows.written(path, told, f"{count:03}.xml")
    return service.read_permits(PermitFiles(), path, "usan811")


def test_the_audit_of_a_folder_of_tickets(tmp_path: Path) -> None:
    """A refused ticket was heard; the day is the place's own, though UTC is a day on."""
    found = folder(
        tmp_path,
        rows.ticket("1", SequenceNumber="41"),
        rows.ticket("2", SequenceNumber="44", SubmittedDate="2026-09-15T23:30:00-07:00"),
        rows.ticket("3", SequenceNumber="45", LegalStartDate="never"),
        rows.ticket("4", SequenceNumber="many"),
        rows.ticket("5", SequenceNumber="46", SubmittedDate="once"),
        rows.ticket("6", SequenceNumber="47", TicketStatus="Cancel"),
    )
    assert found.report.gaps == (NumberGap("INVENTED", TUE, 42, 43), NumberGap("INVENTED", TUE, 46, 46))
    assert (found.report.files, found.report.taken, len(found.report.refused)) == (6, 4, 1)


def test_the_newest_revision_holds(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        rows.ticket("1", TicketRevisionNumber="010", WorkType="new"),
        rows.ticket("1", TicketRevisionNumber="009", WorkType="old"),
    )
    assert [one.work for one in found.permits] == ["new"]
    assert [(one.file, one.words) for one in found.report.passed] == [("001.xml", "replaced by 000.xml row 1")]
    assert found.report.read == found.report.taken + len(found.report.passed)


def test_a_cancelled_ticket_is_no_permit_any_more(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        rows.ticket("1", WKT="", ExcavationSize=""),
        rows.ticket("1", TicketRevisionNumber="001", TicketStatus="Cancel"),
        rows.ticket("2"),
    )
    assert [one.source_id for one in found.permits] == ["2"]
    assert [one.words for one in found.report.passed] == [
        "taken back by 001.xml row 1: the ticket is cancelled",
        "the ticket is cancelled",
    ]
    assert found.report.warned == ()


def test_a_newer_revision_that_cannot_be_read_ends_the_older_one(tmp_path: Path) -> None:
    found = folder(tmp_path, rows.ticket("1"), rows.ticket("1", TicketRevisionNumber="001", LegalStartDate="soon"))
    assert found.permits == ()
    assert [one.words for one in found.report.passed] == ["taken back by 001.xml row 1: it cannot be read"]
    older = folder(tmp_path, rows.ticket("1", LegalStartDate="soon"), rows.ticket("1", TicketRevisionNumber="001"))
    assert [one.revision for one in older.permits] == ["001"]


@pytest.mark.parametrize(("back", "holds"), [("0", True), ("1", False), ("2", False), ("word", False)])
def test_only_a_newer_or_equal_revision_takes_back(back: str, holds: bool) -> None:
    kept, gone = held([ONE], [("T1", back, BACK), ("T2", "9", BACK)])
    assert (kept == [ONE], len(gone)) == (holds, 0 if holds else 1)


def test_a_permit_can_be_given_again_after_it_was_taken_back() -> None:
    again = replace(ONE, revision="3", row=3)
    kept, gone = held([again, ONE], [("T1", "2", BACK), ("T1", "1", BACK)])
    assert (kept, [one.row for one in gone]) == ([again], [1])


def test_without_revisions_nothing_is_replaced() -> None:
    bare = replace(ONE, revision=None)
    assert held([bare], []) == ([bare], [])
