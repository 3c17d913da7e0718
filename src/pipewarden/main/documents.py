"""Documents from the command line: kinds, a look at one without a database, and is a file genuine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.act import service
from pipewarden.act.adapters.press import ChildPress
from pipewarden.act.facts import DocumentKind, Signature
from pipewarden.kit.clock import SystemClock
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.act.facts import KindSpec
    from pipewarden.kit.work import Work

_MAKES = ("pdf", "docx", "png")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fields: Annotated[dict[str, str], Field(default_factory=dict)]
    rows: Annotated[dict[str, tuple[tuple[str, ...], ...]], Field(default_factory=dict)]
    clauses: tuple[str, ...] | None = None
    signatures: tuple[tuple[str, str], ...] = ()
    refused: bool = False
    witness: str = ""


def kinds() -> list[dict[str, Any]]:
    """Return every kind with its fields."""
    return [
        {
            "kind": spec.kind.value,
            "title": spec.title,
            "prefix": spec.prefix,
            "decides": spec.decides,
            "fields": [
                {"key": one.key, "zh": one.zh, "need": one.need.value, "columns": list(one.columns)}
                for one in spec.fields
            ],
        }
        for spec in service.shipped().values()
    ]


def render(kind: str, said: object, template: bytes | None, what: str) -> bytes:
    """Return a made-up document, or one of given data, marked as a sample.

    Args:
        kind: of document.
        said: fields, rows, clauses, signatures as (party, name), refused, witness; None for what is made up.
        template: a tenant's own, as YAML; None for the shipped one.
        what: ``pdf``, ``docx`` or ``png``.

    Raises:
        InputError: there is no such kind, or data, template or file name cannot be.
    """
    if kind not in list(DocumentKind):
        raise InputError(field="KIND", problem=f"{kind!r} is none", fix=f"Take {', '.join(DocumentKind)}.")
    if what not in _MAKES:
        raise InputError(field="--out", problem=f"ends in {what!r}", fix="End it in .pdf, .docx or .png.")
    spec = service.shipped()[DocumentKind(kind)]
    now = SystemClock().now()
    body = None if template is None else _yaml(template)
    sheet = service.sample_sheet(spec, now, body, None if said is None else _given(spec, said))
    with ChildPress() as press:
        if what == "docx":
            return press.docx(sheet, {})
        return press.pdf(sheet, {}, now) if what == "pdf" else press.pages(sheet, {}, now)[0]


def _yaml(template: bytes) -> object:
    try:
        body = yaml.safe_load(template)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            field="--template", problem="is no YAML", fix="See policy/documents in the package."
        ) from error
    if isinstance(body, Mapping) and "template" in body:
        body = body["template"]
    return {key: value for key, value in body.items() if key != "version"} if isinstance(body, Mapping) else body


def _given(spec: KindSpec, said: object) -> service.Given:
    try:
        given = _Said.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(field=f"--data {where}".strip(), problem=str(first["msg"]), fix="Correct it.") from error
    for key in (*given.fields, *given.rows):
        if spec.field(key) is None:
            raise InputError(field=f"--data {key}", problem="is no field of this kind", fix="See `document kinds`.")
    return service.Given(
        fields=given.fields,
        rows=given.rows,
        clauses=given.clauses,
        signatures=tuple(Signature(party, name) for party, name in given.signatures),
        refused=given.refused,
        witness=given.witness,
    )


def verify(work: Work, pdf: bytes) -> dict[str, Any]:
    """Return what register and audit chain say of a file, with words for people."""
    found = service.verify_file(work, pdf)
    one = found.document
    if one is None:
        says = "no document of this tenant has this content: it was not issued here, or it was changed"
        return {"genuine": False, "number": None, "voided_at": None, "chain": None, "says": says}
    genuine = found.audited and found.agreed and found.broken is None
    said = f"{one.number} {one.title}, issued {one.issued_at:%Y-%m-%d %H:%M} UTC by {one.issuer}"
    if not found.audited:
        said += "; BUT the audit chain does not hold this hash and number for it"
    if not found.agreed:
        said += "; BUT register and audit chain do not agree on whether it is void"
    if found.broken is not None:
        said += f"; BUT the audit chain is broken at {found.broken.seq}: {found.broken.problem}"
    if one.void is not None:
        said += f"; VOID since {one.void.at:%Y-%m-%d %H:%M} UTC ({one.void.reason})"
        said += f", replaced by {one.replaced_by}" if one.replaced_by else ""
    return {
        "genuine": genuine,
        "number": one.number,
        "kind": one.kind.value,
        "issuer": one.issuer,
        "issued_at": one.issued_at.isoformat(),
        "sha256": one.sha256,
        "voided_at": None if one.void is None else one.void.at.isoformat(),
        "replaced_by": one.replaced_by,
        "chain": "holds" if found.broken is None else found.broken.problem,
        "says": said,
    }
