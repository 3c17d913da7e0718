"""What the house is blind to, over HTTP: listed with its metres as far as one reaches, and ended by a person's word."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import blind_streams as streams
import numpy as np
import pytest

from pipewarden.locate import service as locate
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera, NewObservation, ObservationKind

if TYPE_CHECKING:
    from uuid import UUID

EAST, WEST = (116.705, 39.505), (116.65, 39.505)
POSE = {"pose": {"height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60}, "pixel_sigma": 2.0}
NOTHING = "00000000-0000-7000-8000-000000000000"


def get(town: Any, who: str, path: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1{path}")


def post(town: Any, who: str, path: str, body: object) -> Any:
    return town.client.as_(town.who(who), "POST", f"/v1{path}", json=body)


class Lens:
    """A camera whose pictures the test gives, ten minutes apart."""

    def __init__(self, town: Any, key: str, *, calibrated: bool = True, place: tuple[float, float] = EAST) -> None:
        self.town, self.key, self.count = town, key, 0
        with town.at(town.a) as work:
            self.at = work.now() - timedelta(hours=6)
            pose = POSE if calibrated else None
            made = NewCamera(key=key, name=key, lon=place[0], lat=place[1], image_size=(1280, 720), calibration=pose)
            self.id: UUID = sense.register_camera(work, made).id
            sense.watch(work, self.id, "/nowhere")  # looked at by the house, so nobody waits for it to send

    def look(self, *pictures: np.ndarray) -> str:
        """Take these pictures and judge the camera; return the last observation's id."""
        for pixels in pictures:
            self.count += 1
            self.at += timedelta(minutes=10)
            with self.town.at(self.town.a) as work:
                new = NewObservation(
                    stream=self.key,
                    source_id=str(self.count),
                    kind=ObservationKind.FRAME,
                    picture=f"{self.key} {self.count}".encode(),
                    picture_name="x.jpg",
                    at=self.at,
                    camera_id=self.id,
                )
                last = sense.observe(work, self.town.home.blobs, new)
                streams.note_look(work, last, pixels)
        with self.town.at(self.town.a) as work:
            locate.judge_cameras(work, [self.id])
        return str(last.id)


def good(name: str, count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(count)
    return [streams.seen(name, 600 + 10 * number, rng) for number in range(count)]


BLACK = [np.zeros((360, 640, 3), np.uint8)] * 3


def listed(town: Any, who: str, key: str) -> dict[str, Any] | None:
    items = get(town, who, "/cameras/blind").json()["items"]
    return next((one for one in items if one["key"] == key), None)


def test_a_black_camera_is_listed_with_its_cause_until_it_sees_again(town: Any) -> None:
    lens = Lens(town, "lens-black")
    lens.look(*good("cam-04"))
    assert listed(town, "dispatcher", "lens-black") is None
    assert get(town, "dispatcher", f"/cameras/{lens.id}").json()["eye"] is None
    lens.look(*BLACK)
    found = listed(town, "dispatcher", "lens-black")
    assert found is not None
    assert (found["eye"]["state"], found["eye"]["causes"][-1]) == ("blind", "black")
    assert found["calibrated"] is True
    assert get(town, "dispatcher", f"/cameras/{lens.id}").json()["eye"] == found["eye"]
    assert listed(town, "regulator", "lens-black") is not None
    assert get(town, "patroller", "/cameras/blind").status_code == 200
    lens.look(*good("cam-04", 4))  # new pictures: the old ones again would be a recording
    assert listed(town, "dispatcher", "lens-black") is None
    assert get(town, "dispatcher", f"/cameras/{lens.id}").json()["eye"]["state"] == "online"


def test_pipes_are_named_to_those_only_who_read_the_network_there(town: Any) -> None:
    lon, lat = EAST[0] + 0.004, EAST[1]  # where the other tests' cameras see nothing
    lens = Lens(town, "lens-pipe", place=(lon, lat))
    with town.network(town.a, {"lens-main": [(lon - 0.001, lat + 0.0003), (lon + 0.001, lat + 0.0003)]}):
        lens.look(*good("cam-04"))
        lens.look(*BLACK)
        metres = {}
        for who, pipe in {"dispatcher": "lens-main", "auditor": "lens-main", "regulator": None}.items():
            found = listed(town, who, "lens-pipe")
            assert found is not None
            assert get(town, who, f"/cameras/{lens.id}").json()["eye"] == found["eye"]
            (stretch,) = found["eye"]["unwatched"]
            assert stretch["pipe_id"] == pipe, who
            metres[who] = stretch["metres"]
        assert len(set(metres.values())) == 1, "how much is not watched is for whoever sees the camera"
        assert metres["regulator"] > 10


def test_who_sees_no_cameras_is_not_told_which_are_blind(town: Any) -> None:
    for who in ("expert", "resident", "contractor", "device"):
        assert get(town, who, "/cameras/blind").status_code == 403


def test_a_person_calls_the_new_view_right_and_is_named(town: Any) -> None:
    lens = Lens(town, "lens-moved")
    path = f"/cameras/{lens.id}/reference"
    assert get(town, "dispatcher", path).json() == {"items": [], "observation_id": None, "suggested": False}
    lens.look(*good("cam-04"))
    first = get(town, "dispatcher", path).json()
    assert [(one["version"], one["by_name"]) for one in first["items"]] == [(1, None)]
    last = lens.look(*good("cam-09", 7))
    asked = get(town, "dispatcher", path).json()
    assert (asked["observation_id"], asked["suggested"], len(asked["items"])) == (last, True, 1)
    assert post(town, "dispatcher", path, {"observation_id": last}).status_code == 403
    stale = post(town, "safety_manager", path, {"observation_id": NOTHING})
    assert stale.status_code == 409
    assert "last picture" in str(stale.json())
    made = post(town, "safety_manager", path, {"observation_id": last}).json()
    assert [one["version"] for one in made["items"]] == [2, 1]
    assert made["items"][0]["by_name"]
    lens.look(*good("cam-09", 4))
    assert get(town, "dispatcher", path).json()["suggested"] is False


def test_a_picture_that_shows_nothing_cannot_be_called_right(town: Any) -> None:
    lens = Lens(town, "lens-dark", calibrated=False)
    lens.look(*good("cam-04"))
    last = lens.look(*BLACK)
    answer = post(town, "safety_manager", f"/cameras/{lens.id}/reference", {"observation_id": last})
    assert answer.status_code == 409
    found = listed(town, "dispatcher", "lens-dark")
    assert found is not None
    assert (found["calibrated"], found["eye"]["unwatched"]) == (False, [])


@pytest.mark.parametrize("body", [{}, {"observation_id": "x"}, {"observation_id": NOTHING, "more": 1}])
def test_what_is_not_a_picture_is_refused(town: Any, body: dict[str, object]) -> None:
    lens = Lens(town, "lens-body")
    assert post(town, "safety_manager", f"/cameras/{lens.id}/reference", body).status_code == 422


def test_the_house_s_own_test_camera_is_in_nobodys_list(town: Any) -> None:
    with town.at(town.a) as work:
        made = sense.register_camera(work, NewCamera("lens-test", "t", EAST[0], EAST[1], test=True))
    for who in ("tenant_admin", "dispatcher", "regulator"):
        keys = [one["key"] for one in get(town, who, "/cameras?limit=200").json()["items"]]
        assert "lens-test" not in keys
        assert get(town, who, f"/cameras/{made.id}").status_code == 404
