"""Which models look: the active ones, and the shipped ones when a published one cannot be trusted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipewarden.inference import service as inference
from pipewarden.main.river import _models
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.main.home import Home

_HARMLESS = b"\x72\x06\x0a\x01k\x12\x01v"  # an ONNX metadata entry: the same net, another hash


@pytest.fixture
def own(home: Home, tmp_path: Path) -> Home:
    """The home for a tenant and a folder of its own."""
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, f"eyes-{tmp_path.name[-20:]}")
    return replace(home, tenant_id=tenant.id, folder=tmp_path)


def promoted(home: Home) -> str:
    """Publish the shipped screen under another hash, make it the champion and return its hash."""
    (card,) = [one for one in json.loads((inference.WEIGHTS / "manifest.json").read_text()) if one["name"] == "screen"]
    content = (inference.WEIGHTS / card["file"]).read_bytes() + _HARMLESS
    sha256 = hashlib.sha256(content).hexdigest()
    with home.work() as work:
        inference.register_shipped(work)
        made = inference.publish(
            work, "screen", "own-1", sha256=sha256, files={card["file"]: content}, card=card,
            blobs=home.blobs, actor="learn",
        )  # fmt: skip
        inference.promote(work, made.ref, actor="li.na")
    return sha256


def test_the_shipped_models_look_by_default(own: Home) -> None:
    models = _models(own)
    assert models.detector.ref == inference.read_manifest()["screen"].ref
    assert list(own.folder.iterdir()) == [], "nothing is laid out"


def test_a_promoted_model_looks(own: Home) -> None:
    sha256 = promoted(own)
    models = _models(own)
    assert (models.detector.ref.version, models.detector.ref.sha256) == ("own-1", sha256)


def test_a_published_file_that_changed_does_not_look_and_does_not_stop_the_watch(
    own: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    sha256 = promoted(own)
    blob = own.blobs.path(sha256)
    blob.write_bytes(blob.read_bytes()[:-1] + b"w")
    models = _models(own)
    assert models.detector.ref == inference.read_manifest()["screen"].ref
    assert "the shipped ones look instead" in capsys.readouterr().out
    blob.unlink()
