"""Reading a permit list: every row is taken, refused or passed over, and the report says which and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.sense import store
from pipewarden.sense.facts import NumberHeard, PermitEnd, PermitList, PermitNote, PermitProblem, PermitReport
from pipewarden.sense.rules import permits as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pipewarden.sense.facts import ListedRow, NumberGap, Permit
    from pipewarden.sense.ports import PermitReader
    from pipewarden.sense.rules.permits import PermitMapping

_EVERY = 500
_MOST_ROWS = 200_000


def permit_mappings() -> list[PermitMapping]:
    """Return the shipped mappings in the order of their names."""
    return list(store.shipped_permit_maps().values())


def permit_mapping(name: str) -> PermitMapping:
    """Return the shipped mapping of this name; InputError where there is none."""
    maps = store.shipped_permit_maps()
    if (how := maps.get(name)) is None:
        raise InputError(
            field="--mapping", problem=f"{name[:40]!r} is not known", fix=f"Choose from {', '.join(sorted(maps))}."
        )
    return how


def missing_numbers(heard: Iterable[NumberHeard], mapping: str) -> tuple[NumberGap, ...]:
    """Return the holes in what was heard of a list; none where its sender does not number what it sends."""
    numbering = permit_mapping(mapping).numbering
    if numbering is None:
        return ()
    return rules.missing(((one.station, one.day, one.number) for one in heard), daily=numbering.daily)


def numbered_daily(mapping: str) -> bool:
    """Return whether the sender of a list begins its numbers anew each day."""
    numbering = permit_mapping(mapping).numbering
    return numbering is not None and numbering.daily


def newer(revision: str | None, than: str | None) -> bool:
    """Return whether a permit's revision comes after another: whole numbers as numbers."""
    return rules.order(revision) > rules.order(than)


def read_permits(
    reader: PermitReader, path: Path, mapping: str, progress: Callable[[int, int | None], None] | None = None
) -> PermitList:
    """Return the permits of a list, or of a folder of lists, with the report; changes nothing.

    Of several revisions of one permit the newest holds, and none where the newest takes it back.

    Args:
        reader: ``adapters.permits.files.PermitFiles()``.
        path: a file, or a folder of them; in a folder a file that cannot be read is refused as its row 0.
        mapping: name of a shipped mapping.
        progress: called with (rows done, rows in all or None where more files follow).

    Raises:
        InputError: the mapping is unknown, the one file cannot be read at all, or there are more than 200,000 rows; of
            a bad row the report speaks.
    """
    how = permit_mapping(mapping)
    files = reader.files(path, how.format)
    reading = _Reading(how)
    for file in files:
        try:
            rows = reader.rows(file, how.format, how.rows)
        except InputError as error:
            if len(files) == 1:
                raise
            reading.refuse(file.name, 0, error)
            continue
        for row in rows:
            reading.add(row)
            if progress is not None and reading.read % _EVERY == 0:
                progress(reading.read, len(rows) if len(files) == 1 else None)
    if progress is not None:
        progress(reading.read, reading.read)
    return reading.result(len(files))


@dataclass(slots=True)
class _Reading:
    """What is known of a list while its rows come by; the rows themselves are not kept."""

    how: PermitMapping
    read: int = 0
    taken: dict[tuple[str, str | None], Permit] = field(default_factory=dict)
    refused: list[PermitProblem] = field(default_factory=list)
    passed: list[PermitNote] = field(default_factory=list)
    warned: list[PermitNote] = field(default_factory=list)
    taken_back: list[tuple[str, str, PermitNote]] = field(default_factory=list)
    ends: list[PermitEnd] = field(default_factory=list)
    heard: list[NumberHeard] = field(default_factory=list)

    def add(self, row: ListedRow) -> None:
        """Take, refuse or pass over a row; its number counts in each case, for the message was heard."""
        self.read += 1
        if self.read > _MOST_ROWS:
            raise InputError(field="FILE", problem=f"holds more than {_MOST_ROWS} rows", fix="Give fewer at once.")
        if (numbered := rules.numbered(row, self.how)) is not None:
            self.heard.append(NumberHeard(*numbered))
        if (why := rules.no_permit(row, self.how)) is not None:
            self._pass(row, why)
            return
        try:
            permit, notes = rules.read_row(row, self.how)
            known = self.taken.setdefault((permit.source_id, permit.revision), permit)
            if known is permit:
                self.warned += notes
            elif replace(permit, file=known.file, row=known.row) == known:
                self.passed.append(PermitNote(row.file, row.row, "", f"said before in {known.file} row {known.row}"))
            else:
                raise _said_otherwise(known, self.how)
        except InputError as error:
            self.refuse(row.file, row.row, error)
            self._take_back(row, PermitNote(row.file, row.row, "", "it cannot be read"))

    def _pass(self, row: ListedRow, why: str) -> None:
        note = PermitNote(row.file, row.row, "", why)
        self.passed.append(note)
        self._take_back(row, note)
        source_id, revision = rules.identity(row, self.how)
        if source_id is not None:
            self.ends.append(PermitEnd(source_id, revision, row.file, row.row, why))

    def _take_back(self, row: ListedRow, note: PermitNote) -> None:
        """Let a row that is no permit end what it said before: nobody knows that the older words still hold."""
        source_id, revision = rules.identity(row, self.how)
        if source_id is not None and revision is not None:
            self.taken_back.append((source_id, revision, note))

    def refuse(self, file: str, row: int, error: InputError) -> None:
        """Note why a row, or the whole file (row 0), would be left out."""
        self.refused.append(PermitProblem(file, row, error.field, error.problem, error.fix))

    def result(self, files: int) -> PermitList:
        """Return the permits that hold, with the report."""
        kept, gone = rules.held(self.taken.values(), self.taken_back)
        rows = {(one.file, one.row) for one in kept}
        report = PermitReport(
            mapping=self.how.name,
            files=files,
            read=self.read,
            taken=len(kept),
            refused=tuple(self.refused),
            passed=tuple(sorted([*self.passed, *gone], key=lambda one: (one.file, one.row))),
            warned=tuple(one for one in self.warned if (one.file, one.row) in rows),
            areas=sum(one.area is not None for one in kept),
            undated=sum(one.valid_from is None for one in kept),
            urgent=sum(one.urgent for one in kept),
            by_method=dict(Counter(one.method for one in kept).most_common()),
            begins=min((one.valid_from for one in kept if one.valid_from is not None), default=None),
            ends=max((one.valid_until for one in kept if one.valid_until is not None), default=None),
            gaps=missing_numbers(self.heard, self.how.name),
        )
        return PermitList(tuple(kept), report, tuple(self.ends), tuple(self.heard))


def _said_otherwise(known: Permit, how: PermitMapping) -> InputError:
    """Return the error of a second row of the same id: an import could keep only one of the two."""
    return InputError(
        field=how.id[0],
        problem=f"{known.source_id!r} stands in {known.file} row {known.row} already, with other words",
        fix="Give each permit an id of its own, or a revision.",
    )
