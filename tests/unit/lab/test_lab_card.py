import json
from pathlib import Path
from typing import Any

import pytest

from pipewarden.lab.card import compare_table, entries, filled, newest, pages, run_lines, write_all
from pipewarden.lab.cardtext import detail_tables, shown, table, verifier_tables
from pipewarden.lab.manifest import read_manifest

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS, CARDS = ROOT / "src" / "pipewarden" / "weights", ROOT / "docs" / "models"


def figure(value: float | None = 0.5) -> dict[str, Any]:
    return {"value": value, "low": 0.4, "high": 0.61, "objects": 9, "pictures": 20}


def screen_figures(sha256: str = "0" * 64) -> dict[str, Any]:
    row = {"threshold": 0.4, "recall": 0.5, "precision": None, "false_per_quiet_frame": 0.1}
    names = ("machine", "person", "cone", "machine_css", "machine_kerou", "machine_coco128")
    return {
        "sha256": sha256,
        "threshold": {"machine": 0.46, "person": 0.3, "cone": 0.3},
        "val": {name: figure() for name in names},
        "street_dev": {
            "threshold": 0.46, "ap": figure(), "recall": figure(), "precision": figure(None),
            "false_per_quiet_frame": figure(0.08), "by_threshold": [row],
        },
        "sequences": {
            "street_fixed_residential": {"sampled": 36, "strength": 0.405, "alarms_min": 0, "alarms_max": 0}
        },
        "speed": {"threads_1": {"min_ms": 12.5, "median_ms": 13.0}},
        "runs": [
            {"start_from": False, "renders": False, "steps": 1250, "done": 800, "empty": 1.0, "batch": 16,
             "rate": 0.0006, "seed": 1, "pictures": {}},
            {"start_from": True, "renders": True, "steps": 10, "done": 10, "empty": 2.0, "batch": 16,
             "rate": 0.0006, "seed": 1, "pictures": {"pipewarden/render": 320}},
        ],
    }  # fmt: skip


def test_a_figure_is_shown_with_its_interval():
    assert shown(figure()) == ".500 [.400–.610]"
    assert shown(figure(None)) == "–"
    assert shown({"value": 1.25, "low": None, "high": None}) == "1.25"


def test_a_table_is_markdown():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_the_newest_version_counts_as_a_number(tmp_path: Path):
    for version in (2, 10, 9):
        (tmp_path / f"look-{version}.onnx").write_bytes(b"x")
    found = newest(tmp_path, "look-*.onnx")
    assert found is not None
    assert found.name == "look-10.onnx"
    assert newest(tmp_path, "screen-*.onnx") is None


def test_a_card_holds_hash_figures_and_runs(tmp_path: Path):
    (tmp_path / "screen-1.onnx").write_bytes(b"net")
    figures = {"screen": screen_figures(), "experiments": {"all_sources": screen_figures()}}
    (entry,) = entries(tmp_path, figures)
    figures["screen"]["sha256"] = entry.sha256
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(figures))
    assert write_all(tmp_path, tmp_path, path) == [str(tmp_path / "screen.md")]
    text = (tmp_path / "screen.md").read_text(encoding="utf-8")
    for words in (entry.sha256, "CC BY 4.0", "web", ".500 [.400–.610]", "never shipped", "中文摘要", "320"):
        assert words in text
    assert "{{" not in text
    assert read_manifest(tmp_path)[0]["threshold"] == {"machine": 0.46, "person": 0.3, "cone": 0.3}


def verifier_figures() -> dict[str, Any]:
    row = {"ap": figure(), "recall": figure(0.6), "false_per_picture": figure(0.3)}
    sets = {"detector": row, "gated": row | {"ap": figure(0.57)}, "fused": {"ap": figure(0.59)}}
    return {
        "gate": 0.1, "detector_threshold": 0.3, "machines": 1400, "others": 7000, "sources": ["a", "b"],
        "look_sha256": "1" * 64, "val": sets, "street_dev": sets,
    }  # fmt: skip


def test_teacher_and_verifier_get_an_entry_and_a_card_of_their_own(tmp_path: Path):
    (tmp_path / "teacher-1.onnx").write_bytes(b"large net")
    (tmp_path / "verifier-1.npz").write_bytes(b"head")
    teacher = screen_figures()
    teacher["threshold"] |= {"vehicle": 0.4}
    teacher["val"] |= {"vehicle": figure(0.25)}
    teacher["runs"][1]["start_from"] = ["screen-1.onnx", "other.pt"]
    figures = {"teacher": teacher, "verifier": verifier_figures()}
    found = {entry.name: entry for entry in entries(tmp_path, figures)}
    teacher["sha256"] = found["teacher"].sha256
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    written = write_all(tmp_path, tmp_path, tmp_path / "figures.json")
    assert {Path(name).name for name in written} == {"teacher.md", "verifier.md"}
    assert found["teacher"].extra == {"classes": ["machine", "person", "cone", "vehicle"]}
    assert found["verifier"].threshold == {"gate": 0.1}
    text = (tmp_path / "teacher.md").read_text(encoding="utf-8")
    for words in ("vehicle 0.40", ".250 [.400–.610]", "mean of the weights of `screen-1.onnx` and `other.pt`"):
        assert words in text
    text = (tmp_path / "verifier.md").read_text(encoding="utf-8")
    for words in ("1,400 machine crops and 7,000 others", "never the judge", "boxes under 0.10 dropped", ".570"):
        assert words in text


def test_the_fused_score_has_no_recall_at_the_detectors_threshold():
    row = next(line for line in verifier_tables(verifier_figures()).splitlines() if line.startswith("| logit"))
    assert row == "| logit(detector) + 0.2 logit(verifier) | .590 [.400–.610] | – | – |"


def test_details_are_shown_with_their_intervals_and_old_figures_have_none():
    detail = {
        "recall": 0.5, "precision": None, "recall_by_size": {"small": None, "large": 0.8},
        "ap30": {"machine": 0.4, "excavator": None}, "false_positives_per_100": {"street": 36.0},
        "intervals": {"recall": [0.2, 0.7], "false_positives_per_100.street": [11.0, 74.0]},
        "excavator_recall": figure(0.86),
    }  # fmt: skip
    text = detail_tables({"street_dev": detail})
    for words in (
        "| recall | .500 [.200–.700] |", "| precision | – |", "| recall, small boxes | – |",
        "| false boxes per 100 quiet frames, street | 36.00 [11.00–74.00] |", "| AP at IoU 0.3, machine | .400 |",
        "| recall, excavators | .860 [.400–.610] |",
    ):  # fmt: skip
        assert words in text
    assert detail_tables({}) == ""


def test_a_distilled_run_says_where_it_came_from():
    run = screen_figures()["runs"][0] | {"teacher": True, "start_from": []}
    assert "narrowed by least squares" in run_lines([run])


def test_figures_of_another_file_are_refused(tmp_path: Path):
    (tmp_path / "screen-1.onnx").write_bytes(b"net")
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"screen": screen_figures("f" * 64)}))
    with pytest.raises(ValueError, match="not the file that was measured"):
        write_all(tmp_path, tmp_path, path)
    assert not (tmp_path / "manifest.json").exists()


def test_runs_and_experiments_are_told_apart():
    lines = run_lines(screen_figures()["runs"]).splitlines()
    assert "COCO NanoDet" in lines[2]
    assert "no renders" in lines[2]
    assert "averaged weights of run 1" in lines[3]
    assert "12,800" in lines[2]
    assert "2 × as often" in lines[3]
    assert "stopped at 800 of 1250" in lines[2]
    compared = compare_table(screen_figures(), {"all_sources": screen_figures()})
    assert compared.count(".500 [.400–.610]") == 6
    assert "no renders" not in compared


def test_an_unfilled_placeholder_is_an_error():
    with pytest.raises(ValueError, match="placeholder nobody filled"):
        filled("look.md", file="x")


def test_the_committed_cards_are_what_the_figures_say():
    figures = json.loads((CARDS / "figures.json").read_text(encoding="utf-8"))
    written = pages(read_manifest(WEIGHTS), figures)
    # nothing of the face net was trained or scored by the lab: its card is written by hand
    ours = [entry for entry in read_manifest(WEIGHTS) if entry["name"] != "faces"]
    assert set(written) == {f"{entry['name']}.md" for entry in ours}
    for name, text in written.items():
        assert (CARDS / name).read_text(encoding="utf-8") == text, f"run `pipewarden lab card` to renew {name}"
    for entry in ours:
        assert figures[entry["name"]].get("sha256", entry["sha256"]) == entry["sha256"]
