"""Made-up documents: to look at a template before it counts; each page says that it is a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.facts import DocumentData, DocumentKind, Signature
from pipewarden.network.facts import Regime

if TYPE_CHECKING:
    from pipewarden.act.facts import KindSpec
    from pipewarden.act.rules.documents.kind_file import Law, Samples


def sample(spec: KindSpec, samples: Samples, law: Law) -> DocumentData:
    """Return a made-up document of a kind; a notice is shown refused, so that this is seen, too."""
    rows = {one.key: one.rows for one in spec.fields if one.rows}
    rows |= {"forbidden": tuple((str(place), act) for place, act in enumerate(law.forbidden[Regime.CITY_GAS], 1))}
    for one in spec.fields:
        found = samples.rows.get(f"{spec.kind}.{one.key}", samples.rows.get(one.key, ()))
        if found and one.key not in rows and len(found[0]) == len(one.columns):
            rows[one.key] = found
    refused = spec.kind is DocumentKind.NOTICE
    return DocumentData(
        kind=spec.kind,
        fields=_texts(spec, samples),
        rows={one.key: rows[one.key] for one in spec.fields if one.key in rows},
        clauses=law.clauses[Regime.CITY_GAS, spec.kind],
        signatures=() if refused else (Signature("燃气企业", "周八"), Signature("施工单位", "张三")),
        refused=refused,
        witness="孙七" if refused else "",
    )


def _texts(spec: KindSpec, samples: Samples) -> dict[str, str]:
    """Return the made-up texts of a kind: its own before those of all."""
    own = {one.key: samples.fields.get(f"{spec.kind}.{one.key}", samples.fields.get(one.key)) for one in spec.fields}
    return {key: text for key, text in own.items() if text is not None}
