"""Pictures and folders: single unless something says sequence, in natural order, sampled, bounded."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError
from pipewarden.sense.adapters.source import Bounds, readable, without_password
from pipewarden.sense.adapters.sources import open_source
from pipewarden.sense.facts import ObservationKind

if TYPE_CHECKING:
    from pipewarden.sense.adapters.source import Source

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def opened(target: Path | str, sequence_s: float | None = None, **bounds: object) -> Source:
    return open_source(str(target), clock=SetClock(NOON), bounds=Bounds(**bounds), sequence_s=sequence_s)


@pytest.fixture
def folder(tmp_path: Path, jpeg: bytes) -> Path:
    made = tmp_path / "cam-01"
    made.mkdir()
    for number in (10, 9, 1):
        (made / f"f{number}.jpg").write_bytes(jpeg + bytes([number]))
    (made / "notes.txt").write_text("read me")
    (made / "deeper").mkdir()
    return made


def test_one_picture_is_single(folder: Path) -> None:
    source = opened(folder / "f9.jpg")
    frames = list(source)
    assert source.kind is ObservationKind.SINGLE
    assert [(frame.offset_s, frame.at, frame.source_id) for frame in frames] == [(0.0, None, "f9.jpg")]
    assert frames[0].picture[-1] == 9
    assert frames[0].name == str(folder / "f9.jpg")


def test_a_picture_without_a_known_suffix_is_known_by_its_bytes(folder: Path) -> None:
    renamed = (folder / "f9.jpg").rename(folder / "upload.bin")
    assert len(list(opened(renamed))) == 1
    with pytest.raises(InputError, match="not a picture") as caught:
        opened(folder / "notes.txt")
    assert caught.value.field == str(folder / "notes.txt")


def test_a_folder_is_single_pictures_in_natural_order(folder: Path) -> None:
    source = opened(folder)
    assert source.kind is ObservationKind.SINGLE
    assert [frame.source_id for frame in source] == ["f1.jpg", "f9.jpg", "f10.jpg"]
    assert source.stream == str(folder.resolve())
    assert source.notes == ["1 other files were left out"]
    assert len(list(opened(folder, frames=2))) == 2


def test_a_declared_step_makes_a_sequence(folder: Path) -> None:
    source = opened(folder, sequence_s=30.0)
    assert source.kind is ObservationKind.FRAME
    assert [(frame.source_id, frame.offset_s) for frame in source] == [("f1.jpg", 0), ("f9.jpg", 30), ("f10.jpg", 60)]


def test_frames_are_sampled_and_bounded(folder: Path) -> None:
    assert [frame.offset_s for frame in opened(folder, sequence_s=0.5)] == [0.0, 1.0]
    assert [frame.offset_s for frame in opened(folder, sequence_s=0.5, every_s=0.0)] == [0.0, 0.5, 1.0]
    assert [frame.offset_s for frame in opened(folder, sequence_s=5.0, frames=1)] == [0.0]
    assert [frame.offset_s for frame in opened(folder, sequence_s=5.0, duration_s=7.0)] == [0.0, 5.0]


def test_a_seq_json_gives_times_start_and_says_rendered(folder: Path) -> None:
    told = {
        "name": "demo",
        "rendered": True,
        "start": "2026-11-20T12:00:00+08:00",
        "frames": [{"file": "f10.jpg", "t": 0}, {"file": "f1.jpg", "t": 2.5}],
    }
    (folder / "seq.json").write_text(json.dumps(told))
    source = opened(folder)
    frames = list(source)
    assert (source.kind, source.rendered) == (ObservationKind.FRAME, True)
    assert [frame.source_id for frame in frames] == ["f10.jpg", "f1.jpg"]
    assert [frame.at for frame in frames] == [NOON, NOON + timedelta(seconds=2.5)]
    assert source.notes == ["1 other files were left out"]


def test_a_seq_json_that_lists_what_is_not_there_is_refused(folder: Path) -> None:
    (folder / "seq.json").write_text('{"frames": [{"file": "f2.jpg", "t": 0}]}')
    with pytest.raises(InputError, match=r"'f2\.jpg'"):
        opened(folder)
    (folder / "seq.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match=r"seq\.json"):
        opened(folder)


@pytest.mark.parametrize(
    ("target", "field"),
    [("absent.jpg", "absent.jpg"), ("ftp://host/a.jpg", "PATH"), ("file:///etc/passwd", "PATH"), ("rtsp:///x", "PATH")],
)
def test_what_cannot_be_opened_is_named(target: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(target)
    assert caught.value.field == field
    assert caught.value.fix


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="host and port"):
        opened("rtsp://host:99999/x")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        opened(tmp_path)


def test_a_sequence_needs_a_folder(folder: Path) -> None:
    with pytest.raises(InputError, match="--sequence"):
        opened(folder / "f1.jpg", sequence_s=1.0)


@pytest.mark.parametrize(
    ("bounds", "option", "least"),
    [
        ({"every_s": -1.0}, "--every", 0),
        ({"every_s": float("nan")}, "--every", 0),
        ({"frames": 0}, "--frames", 1),
        ({"duration_s": -1.0}, "--duration", 0),
        ({"duration_s": 1e10}, "--duration", 0),
    ],
)
def test_bounds_are_checked(folder: Path, bounds: dict[str, float], option: str, least: int) -> None:
    with pytest.raises(InputError, match="out of range") as caught:
        opened(folder, **bounds)
    assert caught.value.field == option, "the option as scan calls it"
    assert caught.value.fix == f"Give a number from {least} to 1000000000."


def test_names_that_are_not_utf8_can_be_written_down(folder: Path, jpeg: bytes) -> None:
    raw = os.fsencode(folder) + "/工地.jpg".encode("gb18030")
    Path(os.fsdecode(raw)).write_bytes(jpeg)
    names = [frame.source_id for frame in opened(folder)]
    assert "\\xb9\\xa4\\xb5\\xd8.jpg" in names
    assert all(name.encode() for name in names)
    assert readable("工地.jpg") == "工地.jpg"


def test_a_huge_file_is_not_read_whole(folder: Path) -> None:
    huge = folder / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(1 << 32)
    frame = next(iter(opened(huge)))
    assert len(frame.picture) == (25 << 20) + 1


@pytest.mark.shared
def test_the_real_sequences_are_sampled_a_second_apart(shared_data: Path) -> None:
    for folder in sorted((shared_data / "sequences").iterdir()):
        source = opened(folder)
        offsets = [frame.offset_s for frame in source]
        assert source.kind is ObservationKind.FRAME
        assert not source.rendered
        assert len(offsets) >= 7
        assert all(1.0 - 1e-6 <= b - a < 1.3 for a, b in pairwise(offsets))


def test_addresses_are_shown_without_their_secrets() -> None:
    assert without_password("rtsp://admin:p@ss@10.0.0.1:554/ch1?x=1") == "rtsp://10.0.0.1:554/ch1?x=1"
    shown = without_password("http://h/snap.jpg?channel=1&user=admin&pwd=12345&access_token=ab")
    assert shown == "http://h/snap.jpg?channel=1&user=***&pwd=***&access_token=***"
