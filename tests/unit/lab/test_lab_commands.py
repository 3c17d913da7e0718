import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipewarden.lab.commands import _run_facts, app
from pipewarden.lab.evaluate import Recorded, save_figures, sequence_figures, working_threshold
from pipewarden.lab.screen import Detections

COMMANDS = ("train", "export", "evaluate", "features", "typehead", "card")


def test_the_command_group_starts_without_torch():
    code = "import sys, pipewarden.lab.commands; print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str):
    answer = CliRunner().invoke(app, [name, "--help"])
    assert answer.exit_code == 0
    assert "--json" in answer.output


def test_missing_weights_name_field_and_fix(tmp_path: Path):
    answer = CliRunner().invoke(app, ["evaluate", str(tmp_path / "no.onnx"), "--json"])
    assert answer.exit_code == 2
    error = json.loads(answer.stdout)["error"]
    assert error["field"] == "WEIGHTS"
    assert error["fix"]


def test_missing_figures_stop_the_card(tmp_path: Path):
    answer = CliRunner().invoke(app, ["card", "--figures", str(tmp_path / "figures.json"), "--json"])
    assert answer.exit_code == 2
    assert json.loads(answer.stdout)["error"]["field"] == "--figures"


def test_the_threshold_clears_the_quiet_sequences_with_margin():
    assert working_threshold([0.0, 0.1]) == pytest.approx(0.30)
    assert working_threshold([0.405, 0.2]) == pytest.approx(0.46)
    assert working_threshold([]) == pytest.approx(0.30)


def test_figures_nest_and_keep_what_was_there(tmp_path: Path):
    path = tmp_path / "figures.json"
    save_figures(path, "screen", {"ap": 0.123456, "bad": float("nan"), "rows": [{"x": 1.0}]})
    save_figures(path, "experiments/all_sources", {"ap": 0.5})
    stored = json.loads(path.read_text())
    assert stored["screen"] == {"ap": 0.1235, "bad": None, "rows": [{"x": 1.0}]}
    assert stored["experiments"]["all_sources"] == {"ap": 0.5}


def test_a_sequence_is_judged_over_every_first_frame():
    here = Detections(np.array([[0, 0, 10, 10]], np.float32), np.array([0.6], np.float32), np.zeros(1, np.int64))
    gone = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    # half-second frames: even ones see a machine, odd ones nothing
    recorded = Recorded([k * 0.5 for k in range(8)], [here, gone] * 4)
    figures = sequence_figures(recorded, threshold=0.5)
    assert figures["frames"] == 8
    assert figures["sampled"] == 4
    assert figures["strength"] == pytest.approx(0.6)
    assert (figures["alarms_min"], figures["alarms_max"]) == (0, 1)


def test_a_killed_run_counts_to_its_last_checkpoint(tmp_path: Path):
    plan = {"steps": 60, "save_every": 20, "renders": "r", "start_from": ["/home/me/screen-1.onnx"],
            "all_sources": False, "batch": 2, "side": 96, "rate": 0.1, "seed": 1,
            "shippable": True, "pictures": {}}  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "log.jsonl").write_text("".join(json.dumps({"step": step}) + "\n" for step in (10, 20, 30, 40, 50)))
    facts = _run_facts(tmp_path)
    assert facts["done"] == 40
    assert (facts["renders"], facts["start_from"], facts["empty"]) == (True, ["screen-1.onnx"], 1.0)
    assert "out" not in facts, "no path of this machine reaches the figures"
