"""A template and what a document says, laid out: placeholders become text or lines to be filled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.facts import Need, Part, Run, Sheet, Signed
from pipewarden.act.rules.documents.kind_file import HOLE

if TYPE_CHECKING:
    from pipewarden.act.facts import Block, DocumentData, FieldSpec, KindSpec, Runs, Template

_DASH = "—"
_LINE = 8  # characters that a blank in running text is wide
_CELL = 0  # a blank cell is left empty: the cell itself is the place to write


def compose(
    spec: KindSpec,
    template: Template,
    data: DocumentData,
    *,
    issuer: str,
    number: str,
    day: str,
    by: str,
    verify: str = "",
    mark: str = "",
) -> Sheet:
    """Return the sheet of a document.

    Args:
        spec: its kind.
        template: how it is laid out.
        data: what it says.
        issuer: whose paper it is.
        number: empty for a draft.
        day: of issue, as letters write it.
        by: who issues it.
        verify: the address that tells whether it is genuine; empty for none.
        mark: printed across the page.
    """
    parts = [part for block in template.blocks for part in _parts(spec, block, data)]
    if data.refused:
        parts.append(Part("refusal", runs=(Run(_refusal(data)),)))
    return Sheet(
        kind=data.kind,
        title=template.title,
        letter=template.letter,
        seal=template.seal,
        issuer=issuer,
        number=number,
        day=day,
        recipient=_filled(spec, template.recipient, data, _LINE) if template.recipient else (),
        parts=tuple(parts),
        clauses=data.clauses,
        by=by,
        verify=verify,
        mark=mark,
    )


def _refusal(data: DocumentData) -> str:
    seen = f"见证人：{data.witness}。" if data.witness else "现场照片为证。"
    return f"受送达人拒绝签收，本文书留置送达。{seen}"


def _parts(spec: KindSpec, block: Block, data: DocumentData) -> list[Part]:
    if block.type == "grid":
        return [_grid(spec, block, data)]
    if block.type == "facts":
        cells = [
            tuple(_filled(spec, text, data, _CELL) if place % 2 else (Run(text),) for place, text in enumerate(row))
            for row in block.cells
        ]
        return [Part("facts", cells=tuple(cells))]
    if block.type == "list":
        return [Part("list", lines=tuple(_filled(spec, line, data, _LINE) for line in block.lines))]
    if block.type == "signatures":
        return [Part("signatures", signed=_signed(block, data))]
    return [Part(block.type, runs=_filled(spec, block.text, data, _LINE))]


def _signed(block: Block, data: DocumentData) -> tuple[Signed, ...]:
    """Return the places for signatures: each party's own, then whoever signed for none of them."""
    left = list(data.signatures)
    places: list[Signed] = []
    for party in block.parties:
        mine = [one for one in left if one.party and party.startswith(one.party)]
        left = [one for one in left if one not in mine]
        places += [Signed(party, one.name, one.picture) for one in mine] or [Signed(party, "")]
    return (*places, *(Signed(one.party or "签字人", one.name, one.picture) for one in left))


def _grid(spec: KindSpec, block: Block, data: DocumentData) -> Part:
    field = spec.field(block.rows)
    if field is None:
        raise ValueError(f"{block.rows} is no table of {spec.kind}")
    rows = list(data.rows.get(field.key, ()))
    if not rows and field.need is Need.OPTIONAL:
        rows = [(_DASH,) * len(field.columns)]
    rows += [("",) * len(field.columns)] * max(0, field.least - len(rows))
    return Part(
        "grid",
        columns=field.columns,
        rows=tuple(tuple((Run(text),) if text else () for text in row) for row in rows),
    )


def _filled(spec: KindSpec, text: str, data: DocumentData, width: int) -> Runs:
    """Return text with its holes filled; what a stranger wrote is never read for holes of its own."""
    runs: list[Run] = []
    end = 0
    for hole in HOLE.finditer(text):
        if before := text[end : hole.start()]:
            runs.append(Run(before))
        runs.append(_said(spec.field(hole[1]), data, hole[1], width))
        end = hole.end()
    if rest := text[end:]:
        runs.append(Run(rest))
    return tuple(one for one in runs if one.text or one.blank)


def _said(field: FieldSpec | None, data: DocumentData, key: str, width: int) -> Run:
    value = data.fields.get(key, "")
    if value:
        return Run(value)
    return Run(_DASH) if field is not None and field.need is Need.OPTIONAL else Run(blank=width)
