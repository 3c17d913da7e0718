"""Model cards written from measured figures, so that no table can drift from the file it describes.

The prose is in templates/, the numbers come from figures.json and the hash from the file; a test compares the
committed cards with what this module writes.
"""

import json
from pathlib import Path

from pipewarden.lab.cardtext import Figures, detail_tables, short, shown, table, verifier_tables
from pipewarden.lab.dataset import CLASSES, Source
from pipewarden.lab.manifest import (
    SCREEN_LICENCE,
    TYPE_LICENCE,
    TYPE_PORTS,
    VERIFIER_LICENCE,
    VERIFIER_PORTS,
    Entry,
    detector_ports,
    entry_for,
    look_entry,
    put_entry,
    read_manifest,
)

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
            ("vehicle (kept to tell machines from it; raises nothing)", "vehicle"),
        )
        if key in val
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
        detail_tables(figures.get("detail", {})),
        "\nOther thresholds on street_dev (no intervals; choose none from this table alone):\n",
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
    return "–" if value is None else short(value)


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
    for name in ("screen", "teacher"):
        if (path := newest(weights, f"{name}-*.onnx")) is not None:
            thresholds = figures[name]["threshold"]
            ports, told = detector_ports(len(thresholds)), {"classes": list(CLASSES[: len(thresholds)])}
            found.append(entry_for(name, _version(path), path, *ports, thresholds, SCREEN_LICENCE, told))
    if (path := newest(weights, "verifier-*.npz")) is not None:
        gate = {"gate": float(figures["verifier"]["gate"])}
        extra = {"look_sha256": figures["verifier"]["look_sha256"]}
        found.append(entry_for("verifier", _version(path), path, *VERIFIER_PORTS, gate, VERIFIER_LICENCE, extra))
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
    for name in ("screen", "teacher"):
        if name in by_name and name in figures:
            out[f"{name}.md"] = _detector_page(name, by_name[name], figures)
    if "verifier" in by_name and "verifier" in figures:
        found = figures["verifier"]
        out["verifier.md"] = filled(
            "verifier.md",
            file=file_lines(by_name["verifier"]),
            ports=port_lines(by_name["verifier"]),
            crops=f"{found['machines']:,} machine crops and {found['others']:,} others",
            sources=", ".join(found["sources"]),
            tables=verifier_tables(found),
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


def _detector_page(name: str, entry: Figures, figures: Figures) -> str:
    found = figures[name]
    parts = {"compare": compare_table(found, figures.get("experiments", {}))} if name == "screen" else {}
    runs = found.get("runs", [])
    return filled(
        f"{name}.md",
        file=file_lines(entry),
        ports=port_lines(entry),
        thresholds=", ".join(f"{label} {value:.2f}" for label, value in entry["threshold"].items()),
        tables=screen_tables(found),
        runs=run_lines(runs),
        renders=str(max((run.get("pictures", {}).get(Source.RENDER, 0) for run in runs), default=0)),
        **parts,
    )


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
