"""A camera calibrated from the desk: tried while it is clicked, kept as a draft, put in force, put back; on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import calibrated_api as clicked
import numpy as np
import pytest

from pipewarden.locate import service as locate
from pipewarden.locate import store
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

if TYPE_CHECKING:
    from uuid import UUID


class Desk:
    """Somebody at the desk with one camera."""

    def __init__(self, town: Any, key: str, calibration: Any = None) -> None:
        self.town, self.key = town, key
        lon, lat = clicked.PLACE
        size = None if calibration is None else clicked.SIZE
        with town.at(town.a) as work:
            made = NewCamera(key=key, name=key, lon=lon, lat=lat, image_size=size, calibration=calibration)
            self.id: UUID = sense.register_camera(work, made).id

    def ask(self, method: str, path: str = "", body: Any = None, *, who: str = "safety_manager") -> Any:
        more = {} if body is None else {"json": body}
        return self.town.client.as_(self.town.who(who), method, f"/v1/cameras/{self.id}/calibration{path}", **more)

    def read(self, who: str = "safety_manager") -> Any:
        answer = self.ask("GET", who=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def activate(self, **more: Any) -> Any:
        return self.ask("PUT", "", clicked.asked(**more) | {"seen": self.read()["tag"]})

    def placed(self, pixels: Any) -> np.ndarray:
        """Return where the camera in force places pixels, as metres from where they are in truth."""
        with self.town.at(self.town.a) as work:
            camera = sense.cameras(work, [self.id])[self.id]
        found = locate.ground_points(camera, np.array(pixels) / clicked.SIZE)
        return np.hypot(*(clicked.FRAME.to_metres(found) - clicked.FRAME.to_metres(clicked.ground(pixels))).T)


def test_points_are_tried_without_a_trace_and_each_has_its_error(town: Any) -> None:
    desk = Desk(town, "cal-try")
    before = desk.read()
    assert (before["kind"], before["versions"], before["drawing"], before["draft"]) == (None, [], None, None)
    few = desk.ask("POST", "/try", clicked.asked(count=3)).json()
    assert (few["refusal"]["code"], few["points"], few["drawing"]) == ("few", [], None)
    good = desk.ask("POST", "/try", clicked.asked()).json()
    assert (good["refusal"], good["warnings"], good["suspect"]) == (None, [], None)
    assert len(good["points"]) == len(clicked.PIXELS)
    assert 0 < max(one["off_px"] for one in good["points"]) < 12
    assert good["report"]["chi"] < 2
    wrong = desk.ask("POST", "/try", clicked.asked(wrong={5: (5.0, -5.0)})).json()
    assert (wrong["suspect"], wrong["warnings"][0]) == (6, "suspect")
    assert wrong["report"]["rms_m"] > 5 * good["report"]["rms_m"]
    outside = clicked.asked()
    outside["points"][0]["pixel"] = [5000, 10]
    assert desk.ask("POST", "/try", outside).status_code == 422
    assert desk.read() == before


def test_a_calibration_put_in_force_places_what_is_seen_where_it_is_in_truth(town: Any) -> None:
    desk = Desk(town, "cal-truth")
    assert np.isnan(desk.placed([[640, 600]])).all()
    made = desk.activate().json()
    assert (made["in_force"], made["kind"], len(made["points"])) == (2, "control_points", len(clicked.PIXELS))
    asked = [[640, 650], [300, 500], [900, 400], [640, 250], [500, 150]]
    off = desk.placed(asked)
    assert off[:3].max() < 0.5
    assert off.max() < 3.0
    told = {round(one["away_m"]): one["sigma_m"] for one in made["drawing"]["sureness"]}
    assert max(told) > 40
    assert off[3] < 3 * max(told.values())


def test_what_was_in_force_before_can_be_put_back_also_a_files(town: Any) -> None:
    desk = Desk(town, "cal-back", clicked.POSE)
    first = desk.read()
    assert (first["kind"], first["in_force"], first["versions"]) == ("pose", None, [])
    turned = desk.placed([[640, 300]])[0]
    assert turned > 0.5, "the file's heading is three degrees off"
    now = desk.activate().json()
    assert [(one["version"], one["source"], one["kind"]) for one in now["versions"]] == [
        (2, "wizard", "control_points"),
        (1, "file", "pose"),
    ]
    assert now["versions"][0]["by_name"]
    assert now["versions"][1]["by_name"] is None
    stale = desk.ask("POST", "/restore", {"version": 1, "seen": first["tag"]})
    assert stale.status_code == 409
    same = desk.ask("POST", "/restore", {"version": 2, "seen": now["tag"]})
    assert same.status_code == 409
    back = desk.ask("POST", "/restore", {"version": 1, "seen": now["tag"]}).json()
    newest = back["versions"][0]
    assert (newest["version"], newest["source"], newest["restores"]) == (3, "restored", 1)
    assert desk.placed([[640, 300]])[0] == pytest.approx(turned)
    assert desk.ask("POST", "/restore", {"version": 9, "seen": back["tag"]}).status_code == 404
    again = desk.ask("POST", "/restore", {"version": 2, "seen": back["tag"]}).json()
    assert (again["in_force"], again["kind"]) == (4, "control_points")


def test_undoing_the_first_calibration_leaves_a_camera_without_one(town: Any) -> None:
    desk = Desk(town, "cal-none")
    made = desk.activate().json()
    back = desk.ask("POST", "/restore", {"version": 1, "seen": made["tag"]}).json()
    assert (back["kind"], back["in_force"], back["drawing"]) == (None, 3, None)


def test_a_camera_file_read_again_meanwhile_is_no_version_until_it_is_replaced(town: Any) -> None:
    desk = Desk(town, "cal-file")
    seen = desk.activate().json()["tag"]
    Desk(town, "cal-file", clicked.POSE)
    now = desk.read()
    assert (now["in_force"], now["kind"], now["versions"][0]["version"]) == (None, "pose", 2)
    stale = desk.ask("PUT", "", clicked.asked() | {"seen": seen})
    assert stale.status_code == 409
    assert stale.json()["field"] == "seen"
    again = desk.activate().json()
    assert [one["source"] for one in again["versions"]] == ["wizard", "file", "wizard", "file"]


def test_points_that_make_no_calibration_are_not_put_in_force(town: Any) -> None:
    desk = Desk(town, "cal-bad")
    for body in (clicked.asked(count=3), clicked.asked(wrong={5: (70.0, -40.0)})):
        answer = desk.ask("PUT", "", body | {"seen": desk.read()["tag"]})
        assert answer.status_code == 422
        assert answer.json()["field"] == "calibration.control_points"
        assert answer.json()["fix"]
    assert desk.read()["versions"] == []
    mounted = {"moving": {"height_m": 2, "tilt_deg": 30, "hfov_deg": 75}}
    bus = Desk(town, "cal-bus", mounted)
    assert bus.read()["moves"] is True
    assert bus.activate().status_code == 409


def test_a_draft_is_kept_for_the_next_person_and_nobody_overwrites_what_they_have_not_seen(town: Any) -> None:
    desk = Desk(town, "cal-draft")
    content = {"image_size": [1280, 720], "points": [{"pixel": [12, 700]}, {"lon": 116.7, "lat": 39.5, "note": "井盖"}]}
    first = desk.ask("PUT", "/draft", {"seen": None, "draft": content}).json()
    assert (first["version"], first["draft"]["looked"]) == (1, False)
    assert first["by_name"]
    other = desk.read("tenant_admin")["draft"]
    assert other["draft"]["points"] == first["draft"]["points"]
    assert desk.read("auditor")["draft"] is None, "who only reads sees what is in force"
    changed = content | {"looked": True}
    assert desk.ask("PUT", "/draft", {"seen": None, "draft": changed}).status_code == 409
    second = desk.ask("PUT", "/draft", {"seen": 1, "draft": changed}, who="tenant_admin").json()
    assert (second["version"], second["draft"]["looked"]) == (2, True)
    assert desk.ask("DELETE", "/draft").status_code == 204
    assert desk.read()["draft"] is None
    assert desk.ask("PUT", "/draft", {"seen": 2, "draft": content}).status_code == 409
    assert desk.ask("PUT", "/draft", {"seen": None, "draft": content}).status_code == 200
    assert desk.activate().json()["draft"] is None, "what is in force is no draft any more"


def test_pipes_are_drawn_into_the_picture_for_those_alone_who_read_the_network(town: Any) -> None:
    desk = Desk(town, "cal-pipes")
    ends = np.array([[300.0, 650.0], [800.0, 280.0]])
    line = [(float(lon), float(lat)) for lon, lat in clicked.ground(ends)]
    with town.network(town.a, {"cal-main": line}):
        tried = desk.ask("POST", "/try", clicked.asked(seed=None)).json()
        (pipe,) = tried["drawing"]["pipes"]
        assert pipe["pipe_id"] == "cal-main"
        (run,) = pipe["runs"]
        assert np.allclose(np.array(run) * clicked.SIZE, ends, atol=2), "a click and a pipe meet in the picture"
        desk.activate()
        assert [one["pipe_id"] for one in desk.read("dispatcher")["drawing"]["pipes"]] == ["cal-main"]
        assert desk.read("regulator")["drawing"]["pipes"] is None
    left, right = tried["drawing"]["horizon"]
    assert left[1] != right[1]
    assert len(tried["drawing"]["sees"]) > 4


def test_who_put_it_in_force_stands_in_the_audit_and_a_version_is_never_changed(town: Any) -> None:
    desk = Desk(town, "cal-audit")
    made = desk.activate().json()
    desk.ask("POST", "/restore", {"version": 1, "seen": made["tag"]})
    entries = town.client.as_(town.who("auditor"), "GET", "/v1/audit?limit=100").json()["items"]
    acts = [one["act"] for one in entries if one["object_id"] == str(desk.id)]
    assert acts == ["camera.calibration_restored", "camera.calibrated"]
    with town.at(town.a) as work:
        kept = store.calibrations(work, desk.id, limit=10)
    assert [one.version for one in kept] == [3, 2, 1]
    assert kept[2].calibration is None
    with town.at(town.b) as work:
        assert store.calibrations(work, desk.id, limit=10) == []
