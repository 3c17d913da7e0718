"""Scores must keep fine steps: nothing behind the last convolutions shares a scale with the box bins."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")
pytest.importorskip("onnx", reason="onnx is not installed: the extra `train` brings it")

from pipewarden.lab.export import _after


@dataclass(frozen=True)
class Node:
    name: str
    input: list[str]
    output: list[str]


@dataclass(frozen=True)
class Graph:
    node: list[Node]


@pytest.mark.release
def test_everything_behind_the_named_nodes_is_found_and_nothing_else() -> None:
    graph = Graph(
        [
            Node("backbone", ["image"], ["a"]),
            Node("last", ["a"], ["b"]),
            Node("other", ["a"], ["c"]),
            Node("reshape", ["b"], ["d"]),
            Node("concat", ["d", "c"], ["e"]),
            Node("sigmoid", ["e"], ["scores"]),
        ]
    )
    assert _after(graph, {"last"}) == ["reshape", "concat", "sigmoid"]
    assert _after(graph, {"sigmoid"}) == []
