"""Reading the shipped kinds and templates, and a tenant's own: a slip is told by its file and key, code is not read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.act.facts import Block, DocumentKind, FieldSpec, KindSpec, Need, Template
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.network.facts import Regime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOLE = re.compile(r"\{([a-z_]+)\}")
ALWAYS = frozenset({"issuer", "by"})  # every sheet prints them
_PAIRS = frozenset({2, 4})
_Line = Annotated[str, Field(max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class BlockIn(_Strict):
    """One part of a template."""

    type: Literal["heading", "text", "list", "facts", "grid", "signatures"]
    text: _Line = ""
    lines: Annotated[tuple[_Line, ...], Field(max_length=30)] = ()
    cells: Annotated[tuple[Annotated[tuple[_Line, ...], Field(max_length=4)], ...], Field(max_length=40)] = ()
    rows: Annotated[str, Field(max_length=40)] = ""
    parties: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=8)] = ()


class TemplateIn(_Strict):
    """How a kind is laid out."""

    title: Annotated[str, Field(min_length=1, max_length=60)]
    letter: bool
    seal: bool
    recipient: Annotated[str, Field(max_length=200)] = ""
    blocks: Annotated[tuple[BlockIn, ...], Field(min_length=1, max_length=60)]


class _Shipped(TemplateIn):
    version: str


class _FieldIn(_Strict):
    zh: str
    need: Need
    columns: tuple[str, ...] = ()
    least: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


class _KindIn(_Strict):
    kind: DocumentKind
    title: str
    prefix: str
    decides: bool
    timed: bool = False
    fields: dict[str, Need | _FieldIn]
    template: _Shipped


class _CitedIn(_Strict):
    forbidden: tuple[str, ...]
    clauses: dict[Literal["all"] | DocumentKind, tuple[str, ...]]


class _LawIn(_Strict):
    version: str
    city_gas: _CitedIn
    long_distance: _CitedIn


class _SamplesIn(_Strict):
    version: str
    fields: dict[str, str]
    rows: dict[str, tuple[tuple[str, ...], ...]]


class _CommonIn(_Strict):
    version: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Samples:
    """Made-up texts and tables by key."""

    fields: Mapping[str, str]
    rows: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Law:
    """What papers cite by regime: ``forbidden`` acts, and ``clauses`` of a kind, those of all first."""

    forbidden: Mapping[Regime, tuple[str, ...]]
    clauses: Mapping[tuple[Regime, DocumentKind], tuple[str, ...]]


def read_law(body: object) -> Law:
    """Return ``policy/documents/law.yaml``; InputError names the key that is wrong."""
    said = checked(_LawIn, body, "law.yaml")
    both = {Regime.CITY_GAS: said.city_gas, Regime.LONG_DISTANCE: said.long_distance}
    clauses = {
        (regime, kind): one.clauses.get("all", ()) + one.clauses[kind]
        for regime, one in both.items()
        for kind in DocumentKind
    }
    return Law({regime: one.forbidden for regime, one in both.items()}, clauses)


def read_common(body: object) -> dict[str, str]:
    """Return ``policy/documents/common.yaml``: the words for the fields that papers share."""
    return checked(_CommonIn, body, "common.yaml").fields


def read_samples(body: object) -> Samples:
    """Return ``policy/documents/samples.yaml``."""
    said = checked(_SamplesIn, body, "samples.yaml")
    return Samples(said.fields, said.rows)


def read_kind(body: object, common: Mapping[str, str], name: str) -> KindSpec:
    """Return one kind with the template that ships with it.

    Raises:
        InputError: the file and key that is wrong.
    """
    said = checked(_KindIn, body, name)
    fields = []
    for key, one in said.fields.items():
        if isinstance(one, _FieldIn):
            fields.append(FieldSpec(key, one.zh, one.need, one.columns, one.least, one.rows))
        elif key in common:
            fields.append(FieldSpec(key, common[key], one))
        else:
            raise InputError(
                field=f"{name}: fields.{key}", problem="has no words", fix="Give zh, or take a common one."
            )
    template = _template(said.template, said.template.version)
    spec = KindSpec(said.kind, said.title, said.prefix, said.decides, tuple(fields), template, said.timed)
    check_template(spec, template, f"{name}: template")
    return spec


def read_template(body: object, spec: KindSpec, version: str) -> Template:
    """Return a tenant's own template of a kind.

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, it speaks of a field that the kind does not have, or
            leaves out one that the paper must say.
    """
    template = _template(checked(TemplateIn, body, "template"), version)
    check_template(spec, template, "template")
    return template


def _template(said: TemplateIn, version: str) -> Template:
    blocks = tuple(Block(one.type, one.text, one.lines, one.cells, one.rows, one.parties) for one in said.blocks)
    return Template(version, said.title, said.letter, said.seal, blocks, said.recipient)


def check_template(spec: KindSpec, template: Template, name: str) -> None:
    """Refuse a template that speaks of what the kind does not know, or leaves out what it must say."""
    texts = {one.key for one in spec.fields if not one.columns}
    tables = {one.key for one in spec.fields if one.columns}
    printed = _holes([template.recipient])
    for place, block in enumerate(template.blocks):
        where = f"{name}.blocks.{place}"
        holes = _holes([block.text, *block.lines, *(text for row in block.cells for text in row)])
        if block.type == "grid":
            _refuse(where, {block.rows} - tables, "is no table of this kind")
            printed.add(block.rows)
        if any(len(row) not in _PAIRS for row in block.cells):
            raise InputError(field=f"{where}.cells", problem="must pair labels and values", fix="Give 2 or 4 in a row.")
        _refuse(where, holes - texts, "is no field of this kind")
        printed |= _holes(_shown(block))
    must = {one.key for one in spec.fields if one.need is Need.REQUIRED} - ALWAYS
    _refuse(name, must - printed, "must be printed, the law asks for it")


def _shown(block: Block) -> tuple[str, ...]:
    """Return the texts of a block that are printed with their holes filled, as ``compose`` does by its type."""
    if block.type == "facts":
        return tuple(text for row in block.cells for text in row[1::2])
    if block.type == "list":
        return block.lines
    return () if block.type in {"grid", "signatures"} else (block.text,)


def _refuse(where: str, keys: Iterable[str], problem: str) -> None:
    for key in sorted(keys):
        raise InputError(field=where, problem=f"{key!r} {problem}", fix="See `pipewarden document kinds`.")


def _holes(texts: Iterable[str]) -> set[str]:
    return {key for text in texts for key in HOLE.findall(text)}
