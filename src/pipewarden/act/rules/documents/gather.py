"""What is on record, as the fields of each kind of paper; what nobody knows stays open and is never made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.facts import DocumentData, DocumentKind, Need
from pipewarden.act.rules.documents import notices, steps
from pipewarden.act.rules.documents.accident import accident
from pipewarden.act.rules.documents.common import shared
from pipewarden.act.rules.documents.kind_file import ALWAYS
from pipewarden.act.rules.documents.plain import clean
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Regime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipewarden.act.facts import KindSpec, Source, Told
    from pipewarden.act.rules.documents.found import Found
    from pipewarden.act.rules.documents.kind_file import Law

_MAKERS: Mapping[DocumentKind, Callable[[Source], Found]] = {
    DocumentKind.NOTICE: notices.notice,
    DocumentKind.FILING: steps.filing,
    DocumentKind.LOCATION: steps.location,
    DocumentKind.BRIEFING: steps.briefing,
    DocumentKind.AGREEMENT: steps.agreement,
    DocumentKind.PLAN: steps.plan,
    DocumentKind.STANDBY: steps.standby,
    DocumentKind.RECTIFICATION: notices.rectification,
    DocumentKind.STOP: notices.stop,
    DocumentKind.RESUMPTION: notices.resumption,
    DocumentKind.REPORT: notices.report,
    DocumentKind.COMPLETION: steps.completion,
    DocumentKind.ACCIDENT: accident,
}


def gather(spec: KindSpec, source: Source, told: Told, law: Law) -> DocumentData:
    """Return what a document would say; what people say beside it counts before what is on record.

    Args:
        spec: the kind.
        source: what is on record.
        told: what a person adds.
        law: what papers cite.

    Raises:
        InputError: a field or a row is not of this kind, or what the document speaks of is not of this site.
    """
    _check(spec, told)
    found = _MAKERS[spec.kind](source)
    regime = Regime.CITY_GAS if source.pipe is None else source.pipe.regime
    texts = _said(shared(source) | found.fields)
    tables = {one.key: one.rows for one in spec.fields if one.rows}
    tables["forbidden"] = tuple((str(place), act) for place, act in enumerate(law.forbidden[regime], 1))
    tables |= {key: rows for key, rows in found.rows.items() if rows}
    texts |= _said(told.fields)
    tables |= {key: rows for key, rows in told.rows.items() if rows}
    fields = {one.key: texts[one.key] for one in spec.fields if not one.columns and one.key in texts}
    rows = {one.key: _cleaned(tables[one.key]) for one in spec.fields if one.columns and one.key in tables}
    open_keys = [one for one in spec.fields if one.key not in fields and one.key not in rows]
    refused = told.refused or (found.refused and not told.signatures)
    return DocumentData(
        kind=spec.kind,
        fields=fields,
        rows=rows,
        clauses=(*law.clauses[regime, spec.kind], *found.clauses),
        signatures=() if told.refused else told.signatures or found.signatures,
        refused=refused,
        witness=(clean(told.witness) or found.witness) if refused else "",
        about=found.about,
        event_id=found.event_id,
        missing=tuple(one.key for one in open_keys if one.need is Need.REQUIRED),
        blank=tuple(one.key for one in open_keys if one.need is Need.BLANK),
    )


def _said(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what says something once it is fit for print: a mark that nobody sees must not pass for an answer."""
    return {key: text for key, said in texts.items() if (text := clean(said))}


def _cleaned(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(clean(text) for text in row) for row in rows)


def _check(spec: KindSpec, told: Told) -> None:
    """Refuse what this kind does not have: a slip must not be dropped in silence."""
    for key in told.fields:
        if key in ALWAYS:  # else a paper could be issued, and verified, in another's name
            fix = "Leave it out: it is the company's name, or the name of who issues."
            raise InputError(field=f"fields.{key}", problem="is never said by hand", fix=fix)
        field = spec.field(key)
        if field is None or field.columns:
            raise InputError(field=f"fields.{key}", problem="is no text of this kind", fix="See what the draft lists.")
    for key, rows in told.rows.items():
        field = spec.field(key)
        if field is None or not field.columns:
            raise InputError(field=f"rows.{key}", problem="is no table of this kind", fix="See what the draft lists.")
        if any(len(row) != len(field.columns) for row in rows):
            fix = f"Its columns are {'、'.join(field.columns)}."
            raise InputError(field=f"rows.{key}", problem="has a row of another length", fix=fix)
    if told.witness and not told.refused:
        raise InputError(
            field="witness", problem="belongs to a refused signature", fix="Say `refused`, or leave it out."
        )
    if told.refused and told.signatures:
        raise InputError(field="refused", problem="and signatures exclude each other", fix="Leave one of them out.")
