"""Model cards written from measured figures, so that no table can drift from the file it describes.

The prose is in templates/, the numbers come from figures.json and the hash from the file; a test compares the
committed cards with what this module writes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipewarden.lab.dataset import Source
from pipewarden.lab.manifest import (
    SCREEN_LICENCE,
    SCREEN_PORTS,
    TYPE_LICENCE,
    TYPE_PORTS,
    Entry,
    entry_for,
    look_entry,
    put_entry,
    read_manifest,
)

Figures = dict[str, Any]

TEMPLATES = Path(__file__).parent / "templates"
# key in figures.json under `experiments`, and how the card calls it
EXPERIMENTS = (
    ("run_1", "run 1 alone: no renders, fewer steps"),
    ("run_3", "run 2 continued for 600 steps, machine-free pictures drawn twice as often (not shipped: no better)"),
    ("all_sources", "experiment: run 2 with all sources, also unlicensed, same start and length (never shipped)"),
    ("reference", "the experiment of docs/detector.md (licensed data, no renders)"),
)


def filled(name: str, **parts: str) -> str:
    """A card template with its `{{placeholders}}` replaced; ValueError where one is left over."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    for key, value in parts.items():
        text = text.replace("{{" + key + "}}", value)
    if "{{" in text:
        message = f"{name} has a placeholder nobody filled: {text[text.index('{{') :][:40]}"
        raise ValueError(message)
    return text


def shown(figure: Figures) -> str:
    """`.565 [.47-.66]`; a dash where nothing could be measured."""
    if figure.get("value") is None:
        return "–"
    interval = "" if figure["low"] is None else f" [{_short(figure['low'])}–{_short(figure['high'])}]"
    return _short(figure["value"]) + interval


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}".removeprefix("0")


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def file_lines(entry: Figures) -> str:
    """File name, size and hash."""
    return table(
        ("file", "bytes", "sha256", "licence"),
        [(f"`{entry['file']}`", f"{entry['bytes']:,}", f"`{entry['sha256']}`", entry["licence"])],
    )


def port_lines(entry: Figures) -> str:
    """Inputs and outputs."""
    rows = [
        (way, f"`{port['name']}`", port["dtype"], "×".join(str(side) for side in port["shape"]), port["meaning"])
        for way, ports in (("in", entry["inputs"]), ("out", entry["outputs"]))
        for port in ports
    ]
    return table(("", "name", "type", "shape", "meaning"), rows)


def screen_tables(figures: Figures) -> str:
    """Accuracy on val, on street frames and on sequences, and speed."""
    val, street = figures["val"], figures["street_dev"]
    rows = [
        (label, shown(val[key]), str(val[key]["objects"]), str(val[key]["pictures"]))
        for label, key in (
            ("machine, all fully labelled pictures", "machine"),
            ("machine, css only", "machine_css"),
            ("machine, Kerou only (excavators complete)", "machine_kerou"),
            ("machine, coco128 only", "machine_coco128"),
            ("person", "person"),
            ("cone", "cone"),
        )
    ]
    parts = [
        "### val (AP at IoU 0.5; optimistic)\n",
        table(("class", "AP50 [95 %]", "objects", "pictures"), rows),
        "\n### street_dev (machines, IoU 0.3; the honest test)\n",
        table(
            ("figure", "value [95 %]"),
            [
                ("AP", shown(street["ap"])),
                (f"recall at the working threshold {street['threshold']:.2f}", shown(street["recall"])),
                ("precision there", shown(street["precision"])),
                (
                    f"false boxes per quiet frame ({street['false_per_quiet_frame']['pictures']} frames)",
                    shown(street["false_per_quiet_frame"]),
                ),
            ],
        ),
        "\nOther thresholds on the same frames (no intervals; choose none from this table alone):\n",
        table(
            ("threshold", "recall", "precision", "false boxes per quiet frame"),
            [
                (
                    f"{row['threshold']:.2f}",
                    *(_cell(row[key]) for key in ("recall", "precision", "false_per_quiet_frame")),
                )
                for row in street["by_threshold"]
            ],
        ),
        "\n### Sequences (sampled ≥ 1 s apart, 2-of-3 at one place, IoU 0.3; every choice of the first frame)\n",
        table(
            ("sequence", "frames sampled", "alarms (least–most)", "silent above threshold"),
            [
                (name, str(item["sampled"]), f"{item['alarms_min']}–{item['alarms_max']}", f"{item['strength']:.3f}")
                for name, item in sorted(figures["sequences"].items())
            ],
        ),
        "\n### Speed (net alone, 384×640, ONNX Runtime, measured while other work ran)\n",
        table(
            ("threads", "min ms", "median ms"),
            [(key[-1], str(item["min_ms"]), str(item["median_ms"])) for key, item in sorted(figures["speed"].items())],
        ),
    ]
    return "\n".join(parts)


def _cell(value: float | None) -> str:
    return "–" if value is None else _short(value)


def compare_table(figures: Figures, experiments: dict[str, Figures]) -> str:
    """The shipped file beside experiments that never ship; every row is an int8 file measured in the same way."""
    rows = [("**shipped**", *_row(figures))]
    rows += [(label, *_row(experiments[key])) for key, label in EXPERIMENTS if key in experiments]
    return table(
        ("weights", "val machine AP50", "val Kerou AP50", "street AP@.3", "street recall / precision at its threshold",
         "false boxes per quiet frame", "residential silent above"),
        rows,
    )  # fmt: skip


def _row(figures: Figures) -> tuple[str, ...]:
    street = figures["street_dev"]
    return (
        shown(figures["val"]["machine"]),
        shown(figures["val"]["machine_kerou"]),
        shown(street["ap"]),
        f"{_cell(street['recall']['value'])} / {_cell(street['precision']['value'])} at {street['threshold']:.2f}",
        _cell(street["false_per_quiet_frame"]["value"]),
        f"{figures['sequences']['street_fixed_residential']['strength']:.3f}",
    )


def run_lines(runs: list[Figures]) -> str:
    """What was trained, run after run."""
    rows = []
    for number, run in enumerate(runs, start=1):
        begin = _begin(run, number)
        counts = ", ".join(f"{name.split('/')[-1]} {count}" for name, count in sorted(run.get("pictures", {}).items()))
        renders = counts + ("" if run["renders"] else " (no renders)")
        samples = f"{run['done'] * run['batch']:,}"
        steps = str(run["done"]) if run["done"] == run["steps"] else f"stopped at {run['done']} of {run['steps']}"
        renders += "" if run["empty"] == 1 else f"; machine-free ones drawn {run['empty']:g} × as often"
        rows.append((str(number), begin, renders, steps, samples, str(run["rate"]), str(run["seed"])))
    return table(("run", "started from", "pictures", "steps", "samples", "peak rate", "seed"), rows)


def _begin(run: Figures, number: int) -> str:
    starts = run["start_from"]
    if run.get("teacher"):
        return "the teacher, narrowed by least squares; learns from its answers and from the labels"
    if isinstance(starts, list) and starts and starts != ["checkpoint.pt"]:
        return "mean of the weights of " + " and ".join(f"`{name}`" for name in starts)
    return f"averaged weights of run {number - 1}" if starts else "COCO NanoDet"


def type_tables(figures: Figures) -> str:
    """Recall and precision per type, with abstaining and forced."""
    parts = []
    for key, label in (("val", "val"), ("street_dev", "street_dev")):
        for suffix, how in (("", f"abstaining under {figures['abstain']:.2f}"), ("_forced", "forced to answer")):
            found = figures[key + suffix]
            rows = [
                (
                    name,
                    str(sum(found["answers"][name].values())),
                    shown(found["recall"][name]),
                    shown(found["precision"][name]),
                    ", ".join(f"{said} {count}" for said, count in found["answers"][name].items() if count),
                )
                for name in found["answers"]
            ]
            parts.append(f"\n### {label}, {how} (abstained: {shown(found['abstained'])})\n")
            parts.append(table(("type", "boxes", "recall [95 %]", "precision [95 %]", "answered"), rows))
    return "\n".join(parts)


def look_tables(figures: Figures) -> str:
    """How far duplicates and different machines lie apart."""
    same, other = figures["duplicate"], figures["different"]
    rows = [
        (
            "duplicate (box shifted ≤ 8 %, darker, JPEG 40)",
            f"{same['min']:.3f} / {same['p05']:.3f} / {same['mean']:.3f}",
        ),
        (
            "different machines: mean / 95 % / 99 % / max",
            " / ".join(f"{other[k]:.3f}" for k in ("mean", "p95", "p99", "max")),
        ),
        ("export against torch, least cosine", f"{figures['cosine_to_torch_min']:.5f}"),
    ]
    return table((f"{figures['crops']} machine crops of val", "cosine (min / 5 % / mean for duplicates)"), rows)


def newest(weights: Path, pattern: str) -> Path | None:
    """The highest version of a weights file in the folder."""
    found = sorted(weights.glob(pattern), key=lambda path: int(path.stem.rsplit("-", 1)[1]))
    return found[-1] if found else None


def entries(weights: Path, figures: Figures) -> list[Entry]:
    """Manifest entries of the files that lie in the folder."""
    found = []
    if (path := newest(weights, "look-*.onnx")) is not None:
        found.append(look_entry(_version(path), path))
    if (path := newest(weights, "screen-*.onnx")) is not None:
        thresholds = figures["screen"]["threshold"]
        found.append(entry_for("screen", _version(path), path, *SCREEN_PORTS, thresholds, SCREEN_LICENCE))
    if (path := newest(weights, "type-*.npz")) is not None:
        abstain = {"abstain": float(figures["type"]["abstain"])}
        extra = {"look_sha256": figures["type"]["look_sha256"]}
        found.append(entry_for("type", _version(path), path, *TYPE_PORTS, abstain, TYPE_LICENCE, extra))
    return found


def _version(path: Path) -> str:
    return path.stem.rsplit("-", 1)[1]


def pages(manifest: list[Figures], figures: Figures) -> dict[str, str]:
    """The text of every card by file name."""
    by_name = {entry["name"]: entry for entry in manifest}
    out = {}
    if "screen" in by_name and "screen" in figures:
        found = figures["screen"]
        out["screen.md"] = filled(
            "screen.md",
            file=file_lines(by_name["screen"]),
            ports=port_lines(by_name["screen"]),
            thresholds=", ".join(f"{name} {value:.2f}" for name, value in by_name["screen"]["threshold"].items()),
            tables=screen_tables(found),
            compare=compare_table(found, figures.get("experiments", {})),
            runs=run_lines(found.get("runs", [])),
            renders=str(
                max((run.get("pictures", {}).get(Source.RENDER, 0) for run in found.get("runs", [])), default=0)
            ),
        )
    if "look" in by_name and "look" in figures:
        out["look.md"] = filled(
            "look.md",
            file=file_lines(by_name["look"]),
            ports=port_lines(by_name["look"]),
            tables=look_tables(figures["look"]),
        )
    if "type" in by_name and "type" in figures:
        found = figures["type"]
        counted = [
            ", ".join(f"{name} {count}" for name, count in found[key].items())
            for key in ("train_boxes", "rendered_boxes")
        ]
        out["type.md"] = filled(
            "type.md",
            file=file_lines(by_name["type"]),
            ports=port_lines(by_name["type"]),
            boxes=f"photographs {counted[0]}; own renders {counted[1]}",
            tables=type_tables(found),
        )
    return out


def write_all(weights: Path, cards: Path, figures_path: Path) -> list[str]:
    """Write the manifest and every card that can be written; ValueError where figures describe another file."""
    figures = json.loads(figures_path.read_text(encoding="utf-8"))
    for entry in entries(weights, figures):
        measured = figures.get(entry.name, {}).get("sha256", entry.sha256)
        if measured != entry.sha256:
            message = f"{entry.file} is not the file that was measured: run the evaluation again"
            raise ValueError(message)
        put_entry(weights, entry)
    written = []
    for name, text in pages(read_manifest(weights), figures).items():
        (cards / name).write_text(text, encoding="utf-8")
        written.append(str(cards / name))
    return written
