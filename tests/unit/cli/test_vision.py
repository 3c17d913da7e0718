"""``pipewarden vision`` against a fake endpoint: permit, deny, show and try, in both voices."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner
from vision_fake import KEY, Wire, image_id, serve

from pipewarden.cli.app import app
from pipewarden.kit.errors import InputError
from pipewarden.main.vision import units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result
    from vision_fake import Fake

    Run = Callable[..., Result]


def _painted(request: dict[str, Any]) -> str:
    """Return the colour of the picture's middle."""
    (url,) = [part["image_url"]["url"] for part in request["messages"][1]["content"] if part["type"] == "image_url"]
    middle = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))[140, 224] > 128
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 0): "yellow"}[tuple(middle.astype(int))]


def looks(wire: Wire, request: dict[str, Any]) -> None:
    answer = {"image_id": image_id(request), "box": [0.3, 0.25, 0.7, 0.75], "text_in_picture": "", "kind": "trial"}
    wire.chat(json.dumps(answer | {"colour": _painted(request)}))


def blind(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps({"image_id": image_id(request), "box": None, "text_in_picture": "", "kind": "trial",
                          "colour": "none"}))  # fmt: skip


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    with serve(looks) as made:
        yield made


@pytest.fixture(scope="module")
def place(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(place: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Run:
    told = {
        "HOME": str(place), "VISION_URL": fake.url, "VISION_MODEL": "test-vl", "VISION_KEY": KEY,
        "VISION_PRICE_PROMPT": "30000", "VISION_PRICE_COMPLETION": "90000", "VISION_TIMEOUT_S": "5",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"PIPEWARDEN_{name}", value)
    return lambda *words: CliRunner().invoke(app, ["vision", *words])


def test_a_house_permits_tries_and_denies(run: Run, fake: Fake) -> None:
    origin = fake.url.removesuffix("/v1")
    before = run("check", "--json")
    assert before.exit_code == 1
    assert json.loads(before.stdout)["outcome"] == "not_allowed"
    assert fake.asked == []
    allowed = run("allow", fake.url, "--budget", "1.5", "--per-minute", "60", "--json")
    assert allowed.exit_code == 0, allowed.output
    assert json.loads(allowed.stdout) == {"endpoints": [origin], "budget": 15000, "per_minute": 60}
    tried = run("check", "--json")
    assert tried.exit_code == 0, tried.output
    found = json.loads(tried.stdout)
    assert (found["outcome"], found["sees"]) == ("answer", True)
    shown = json.loads(run("show", "--json").stdout)
    assert (shown["endpoint"], shown["model"], shown["allowed"]) == (origin, "test-vl", [origin])
    assert (shown["spent"], shown["reserved"], shown["failures"], shown["open_until"]) == (39, 0, 0, None)
    assert json.loads(run("check", "--json").stdout)["outcome"] == "answer"
    assert len(fake.asked) == 2, "a trial is never answered from the record"
    other = json.loads(run("show", "--tenant", "another", "--json").stdout)
    assert (other["allowed"], other["spent"]) == ([], 0)
    assert json.loads(run("deny", "--json").stdout)["endpoints"] == []
    assert json.loads(run("check", "--json").stdout)["outcome"] == "not_allowed"


def test_it_speaks_to_people_and_shows_no_key(run: Run, fake: Fake) -> None:
    said = [
        run("allow", fake.url, "--budget", "1"),
        run("check"),
        run("show"),
        run("deny"),
        run("check"),
    ]
    assert "for 1 yuan a day" in said[0].stderr
    assert "named the colour" in said[1].stderr
    assert "budget: 10000" in said[2].stdout
    assert "no picture leaves the house" in said[3].stderr
    assert "no answer: not_allowed" in said[4].stderr
    assert [one.exit_code for one in said] == [0, 0, 0, 0, 1]
    assert all(KEY not in one.output for one in said)


def test_a_model_that_does_not_see_is_told_apart(run: Run, fake: Fake) -> None:
    run("allow", fake.url, "--budget", "1", "--tenant", "blind")
    fake.behave = blind
    try:
        said = run("check", "--tenant", "blind")
    finally:
        fake.behave = looks
    assert said.exit_code == 0
    assert "did not name the colour" in said.stderr


def test_what_cannot_be_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run("allow", "ftp://host", "--budget", "1", "--json")
    assert wrong.exit_code == 2
    assert json.loads(wrong.stdout)["error"]["field"] == "endpoints"
    monkeypatch.delenv("PIPEWARDEN_VISION_PRICE_PROMPT")
    wrong = run("check", "--json")
    assert wrong.exit_code == 2
    assert json.loads(wrong.stdout)["error"]["field"] == "PIPEWARDEN_VISION_PRICE_PROMPT"
    monkeypatch.delenv("PIPEWARDEN_VISION_URL")
    assert json.loads(run("check", "--json").stdout)["outcome"] == "not_configured"
    assert json.loads(run("show", "--json").stdout)["endpoint"] is None


@pytest.mark.parametrize(("yuan", "amount"), [("0", 0), ("25.50", 255_000), ("0.0001", 1), ("100000000", 10**12)])
def test_money_is_read_to_the_last_unit(yuan: str, amount: int) -> None:
    assert units(yuan) == amount


@pytest.mark.parametrize("yuan", ["", "x", "-1", "0.00001", "NaN", "Infinity", "1e300", "100000001", "1,5"])
def test_what_is_no_money_is_refused(yuan: str) -> None:
    with pytest.raises(InputError) as caught:
        units(yuan)
    assert caught.value.field == "--budget"
