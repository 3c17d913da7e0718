"""The judge's recipe without torch: lines, pictures, labels, rates and figures."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from vision_site import jpeg

if TYPE_CHECKING:
    from types import ModuleType

RECIPE = Path(__file__).resolve().parents[3] / "recipes" / "judge-lora"


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("judge_lora", RECIPE / "train.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["judge_lora"] = made
    spec.loader.exec_module(made)
    return made


def line(**changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(jpeg()).hexdigest()
    return {
        "id": "1", "split": "train", "rendered": False, "answer": '{"verdict": "digging"}',
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Judge."}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"sha256:{sha256}"}}]},
        ],
        **changes,
    }  # fmt: skip


def written(folder: Path, *lines: object) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
    return path


def test_an_export_is_read(recipe: ModuleType, tmp_path: Path) -> None:
    first, second = recipe.read_lines(written(tmp_path, line(), line(split="val", rendered=True)))
    assert (first.split, first.rendered, second.split, second.rendered) == ("train", False, "val", True)


@pytest.mark.parametrize(
    "bad", ["{", "[]", line(split="trial"), line(answer="{"), {k: v for k, v in line().items() if k != "messages"}]
)
def test_a_line_that_is_none_is_named(recipe: ModuleType, tmp_path: Path, bad: object) -> None:
    with pytest.raises(ValueError, match=r"pairs\.jsonl:2: "):
        recipe.read_lines(written(tmp_path, line(), bad))


def test_a_picture_is_the_one_that_was_asked_about(recipe: ModuleType, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(jpeg()).hexdigest()
    path = tmp_path / sha256[:2] / sha256[2:]
    path.parent.mkdir()
    path.write_bytes(jpeg())
    (told,) = recipe.read_lines(written(tmp_path, line()))
    system, user = recipe.conversation(told, tmp_path)
    assert system == {"role": "system", "content": [{"type": "text", "text": "Judge."}]}
    assert user["content"][0]["image"].size == (640, 360)
    path.write_bytes(jpeg(colour="navy"))
    with pytest.raises(ValueError, match="another picture"):
        recipe.conversation(told, tmp_path)


def test_only_the_answer_is_learnt(recipe: ModuleType) -> None:
    assert recipe.masked(3, [5, 6, 7, 8, 9]) == [-100, -100, -100, 8, 9]


@given(st.integers(1, 500), st.floats(0, 0.5))
def test_the_rate_rises_and_falls_within_its_peak(recipe: ModuleType, steps: int, warmup: float) -> None:
    rates = [recipe.rate_at(step, steps, 1e-4, warmup) for step in range(steps)]
    assert all(0 < one <= 1e-4 for one in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_every_epoch_sees_every_line_once_and_the_same_way(recipe: ModuleType) -> None:
    places = recipe.order(7, 3, seed=5)
    assert [sorted(places[at : at + 7]) for at in (0, 7, 14)] == [list(range(7))] * 3
    assert places == recipe.order(7, 3, seed=5) != recipe.order(7, 3, seed=6)


def test_figures_count_what_was_said_against_what_was_so(recipe: ModuleType) -> None:
    def verdict(word: str) -> str:
        return json.dumps({"verdict": word})

    dig, no = verdict("digging"), verdict("nothing")
    found = recipe.figures([(dig, dig)] * 3 + [(dig, no), (no, dig), (no, no), ("prose", dig), ("[]", no)],
                           "verdict", ["digging"])  # fmt: skip
    assert (found["lines"], found["unread"]) == (8, 1)
    assert (found["precision"], found["recall"]) == (0.75, 0.6)
    low, high = found["intervals"]["precision"]
    assert low < 0.75 < high
    assert recipe.figures([], "verdict", ["digging"])["precision"] is None


def test_an_interval_is_wilsons(recipe: ModuleType) -> None:
    assert recipe.interval(0, 0) is None
    assert recipe.interval(8, 10) == [0.4902, 0.9433]  # Wilson 1927, by hand
    assert recipe.interval(10, 10)[1] == 1.0


def test_the_config_has_what_the_recipe_reads() -> None:
    config = yaml.safe_load((RECIPE / "config.yaml").read_text())
    assert set(config) == {"base", "dtype", "seed", "lora", "train", "evaluate"}
    assert set(config["lora"]) == {"rank", "alpha", "dropout", "modules"}
    assert set(config["train"]) == {"epochs", "learning_rate", "warmup", "accumulate", "longest", "save_every"}
    assert "NOT RUN" in (RECIPE.parents[1] / "docs" / "models" / "judge-finetune.md").read_text()
