"""How a model card says a number, and the tables that several cards share."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = dict[str, Any]


def shown(figure: Figures) -> str:
    """`.565 [.47-.66]`; a dash where nothing could be measured."""
    if figure.get("value") is None:
        return "–"
    interval = "" if figure["low"] is None else f" [{short(figure['low'])}–{short(figure['high'])}]"
    return short(figure["value"]) + interval


def short(value: float) -> str:
    """Three decimals without the leading zero, two from one on."""
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}".removeprefix("0")


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def detail_tables(detail: Mapping[str, Figures]) -> str:
    """Recall by kind and size, and false boxes by source, at the working threshold; nothing for old figures."""
    parts = []
    for name, iou in (("val", "0.5"), ("street_dev", "0.3")):
        if name not in detail:
            continue
        found = detail[name]
        rows = [
            ("recall", _told(found, "recall")),
            ("precision", _told(found, "precision")),
            *((f"recall, {size} boxes", _told(found, "recall_by_size", size)) for size in found["recall_by_size"]),
            *((f"AP at IoU 0.3, {kind}", _told(found, "ap30", kind)) for kind in found["ap30"]),
        ]
        if "excavator_recall" in found:
            rows.append(("recall, excavators", shown(found["excavator_recall"])))
        sources = found["false_positives_per_100"]
        rows += [
            (f"false boxes per 100 quiet frames, {source}", _told(found, "false_positives_per_100", source))
            for source in sources
        ]
        parts.append(f"\n### {name} in detail (machines at the working threshold, IoU {iou})\n")
        parts.append(table(("figure", "value [95 %]"), rows))
    return "\n".join(parts)


def _told(found: Figures, *names: str) -> str:
    value: Any = found
    for name in names:
        value = value[name]
    low, high = found["intervals"].get(".".join(names), (None, None))
    return shown({"value": value, "low": low, "high": high})


def verifier_tables(found: Figures) -> str:
    """The verifier as gate and as weak score, beside the detector alone."""
    parts = []
    for name, iou in (("val", "0.5"), ("street_dev", "0.3")):
        rows = [
            (
                label,
                shown(found[name][key]["ap"]),
                *(shown(found[name][key].get(one, {})) for one in ("recall", "false_per_picture")),
            )
            for key, label in (
                ("detector", "detector alone"),
                ("gated", f"boxes under {found['gate']:.2f} dropped"),
                ("fused", "logit(detector) + 0.2 logit(verifier)"),
            )
        ]
        at = f"{found['detector_threshold']:.2f}"
        parts.append(f"\n### {name} (machines, IoU {iou}; recall and false boxes at detector score {at})\n")
        parts.append(table(("score", "AP [95 %]", "recall [95 %]", "false boxes per picture [95 %]"), rows))
    return "\n".join(parts)
