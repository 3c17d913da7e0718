"""Samples by the dozen, each with its own look unless a test wants them alike."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from judge_street import looks, says, scripted, street

from pipewarden.learn.facts import Label, Sample

__all__ = ["looks", "says", "scripted", "street"]

MakeSample = Callable[..., Sample]


def likeness_of(word: str) -> bytes:
    """A hash that differs from another word's in about half of its bits."""
    return hashlib.sha256(word.encode()).digest()


@pytest.fixture
def sample() -> MakeSample:
    """Make a sample named by a number; any field may be given."""

    def make(number: int, **more: Any) -> Sample:
        base = Sample(
            picture=hashlib.sha256(f"picture {number}".encode()).hexdigest(),
            width=640,
            height=360,
            labels=(Label("excavator", (10.0, 20.0, 100.0, 80.0), "hand"),),
            labelled=frozenset({"machine"}),
            source="own",
            licence="ours",
            may_ship=True,
            rendered=False,
            camera=None,
            site=None,
            scene=None,
            likeness=likeness_of(f"look {number}"),
            origin=f"{number:04d}.jpg",
        )
        return replace(base, **more)

    return make
