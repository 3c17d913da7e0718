"""The committed demo is whole, small, rendered and true: pictures, camera files and truth agree with each other."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
import yaml
from shapely.geometry import Polygon

from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.sim.facts import LookAlikeKind
from pipewarden.sim.rules import ground_at, network_geojson, project, true_zone
from pipewarden.sim.rules.camera_files import PIXEL_SIGMA, POINT_SIGMA_M, POSE_SIGMA
from pipewarden.sim.service import demo_cameras, demo_root, demo_truth

TRUTH = demo_truth()
CAMERAS = {camera.key: camera for camera in TRUTH.cameras}
FOLDERS = {camera.key: camera for camera in demo_cameras()}
SITES = {site.key: site for site in TRUTH.sites}
every_camera = pytest.mark.parametrize("key", sorted(CAMERAS))
LIMIT_BYTES = 6_000_000
KERB_M = 0.13


def test_folders_and_truth_name_the_same_cameras():
    assert len(FOLDERS) >= 12
    assert sorted(FOLDERS) == sorted(CAMERAS)


def test_pictures_stay_under_six_megabytes():
    assert sum(path.stat().st_size for path in demo_root().rglob("*.jpg")) <= LIMIT_BYTES


def test_everything_says_it_is_rendered():
    assert TRUTH.rendered
    readme = (demo_root() / "README.md").read_text(encoding="utf-8")
    assert "rendered" in readme
    assert "渲染" in readme
    for camera in FOLDERS.values():
        assert "渲染" in camera.camera_file.read_text(encoding="utf-8")


@every_camera
def test_the_sequence_lists_its_pictures_in_time(key: str):
    folder = FOLDERS[key].folder
    told = json.loads((folder / "seq.json").read_text(encoding="utf-8"))
    assert told["rendered"] is True
    assert told["name"] == key
    start = datetime.fromisoformat(told["start"])
    assert start.utcoffset() == timedelta(hours=8)
    assert start.date().isoformat() == "2026-11-20"
    seconds = [frame["t"] for frame in told["frames"]]
    assert seconds == sorted(set(seconds))
    assert [(f.file, f.t) for f in CAMERAS[key].frames] == [(f["file"], f["t"]) for f in told["frames"]]
    assert sorted(path.name for path in folder.glob("*.jpg")) == [frame["file"] for frame in told["frames"]]
    assert len(seconds) >= 5


@every_camera
def test_pictures_have_the_size_that_the_calibration_means(key: str):
    for frame in CAMERAS[key].frames:
        picture = cv2.imread(str(FOLDERS[key].folder / frame.file))
        assert picture is not None
        assert (picture.shape[1], picture.shape[0]) == CAMERAS[key].pose.image_size
        assert picture.std() > 15


@every_camera
def test_camera_file_is_an_installer_s_reading_of_the_true_pose(key: str):
    told = yaml.safe_load(FOLDERS[key].camera_file.read_text(encoding="utf-8"))
    pose = CAMERAS[key].pose
    assert told["camera"] == key
    assert tuple(told["image_size"]) == pose.image_size
    assert distance_m((told["position"]["lon"], told["position"]["lat"]), (pose.lon, pose.lat)) < 0.1
    calibration = told["calibration"]
    if "pose" in calibration:
        given = calibration["pose"]
        assert distance_m((given["lon"], given["lat"]), (pose.lon, pose.lat)) < 4 * POSE_SIGMA["position_m"]
        for name in ("height_m", "heading_deg", "tilt_deg", "hfov_deg"):
            assert abs(given[name] - getattr(pose, name)) < 4 * POSE_SIGMA[name]
        return
    points = calibration["control_points"]
    assert len(points) >= 8
    places = np.array([[p["lon"], p["lat"]] for p in points])
    clicked = np.array([p["pixel"] for p in points])
    spread = Polygon(LocalFrame(pose.lon, pose.lat).to_metres(places)).convex_hull.area
    assert spread > 100
    ground = LocalFrame(pose.lon, pose.lat)
    # how far a survey error moves the pixel depends on the distance: push the true projection by one sigma
    for place, pixel in zip(places, clicked, strict=True):
        off = project(pose, np.array([place]))[0] - pixel
        metres = ground.to_metres(np.array([place]))
        near = project(pose, ground.to_lonlat(metres + np.eye(2) * POINT_SIGMA_M))
        sigma = np.hypot(PIXEL_SIGMA, np.abs(near - project(pose, np.array([place]))).max())
        assert np.abs(off).max() < 4.5 * sigma


def test_both_kinds_of_calibration_occur():
    kinds = [next(iter(yaml.safe_load(c.camera_file.read_text("utf-8"))["calibration"])) for c in FOLDERS.values()]
    assert kinds.count("control_points") >= 3
    assert kinds.count("pose") >= 3


@every_camera
def test_true_places_fall_at_the_foot_of_their_boxes(key: str):
    camera = CAMERAS[key]
    checked = 0
    for frame in camera.frames:
        for thing in frame.objects:
            x, y, w, h = thing.box
            width, height = camera.pose.image_size
            if x <= 0 or y <= 0 or x + w >= width or y + h >= height - 1:
                continue
            slack = 3 + 0.12 * max(w, h)
            # what stands beside the road stands a kerb higher than the plane that the calibration means
            feet = [project(camera.pose, np.array(thing.footprint), up)[:, 1].max() for up in (0.0, KERB_M)]
            centre = project(camera.pose, np.array([[thing.lon, thing.lat]]))[0]
            assert x - slack <= centre[0] <= x + w + slack, (frame.file, thing.key)
            assert y - slack <= centre[1] <= y + h + slack, (frame.file, thing.key)
            off = min((foot - (y + h) for foot in feet), key=abs)
            if thing.cls in {"person", "cone"}:
                assert abs(off) <= slack, (frame.file, thing.key, off)
            elif thing.cls == "machine":
                assert -slack - 0.35 * h <= off <= slack, (frame.file, thing.key, off)
            checked += 1
    assert checked > 5


@every_camera
def test_boxes_lie_inside_the_picture_and_hold_what_is_seen(key: str):
    width, height = CAMERAS[key].pose.image_size
    for frame in CAMERAS[key].frames:
        for thing in frame.objects:
            x, y, w, h = thing.box
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height
            assert 0 <= thing.visible_fraction <= 1
            if thing.visible_box:
                vx, vy, vw, vh = thing.visible_box
                # where two surfaces meet, the two passes may round a pixel differently
                assert x - 1 <= vx <= vx + vw <= x + w + 1
                assert y - 1 <= vy <= vy + vh <= y + h + 1


def test_every_site_is_seen_by_its_cameras_in_time_for_an_alarm():
    for site in SITES.values():
        assert site.expected_alarm
        for key in site.cameras:
            seen = [
                any(t.site == site.key and t.visible_fraction > 0.4 for t in f.objects) for f in CAMERAS[key].frames
            ]
            assert sum(seen) >= 3, (site.key, key)
            assert site.key in CAMERAS[key].expected_alarms


def test_a_site_keeps_its_place_in_every_frame_and_camera():
    for camera in CAMERAS.values():
        for frame in camera.frames:
            for thing in frame.objects:
                if thing.site:
                    site = SITES[thing.site]
                    assert distance_m((thing.lon, thing.lat), (site.lon, site.lat)) < 0.01
                    assert (thing.cls, thing.type) == (site.cls, site.type)


def test_true_zones_come_from_the_network():
    network = network_geojson()
    footprints = {t.site: t.footprint for c in CAMERAS.values() for f in c.frames for t in f.objects if t.site}
    for site in SITES.values():
        answer = true_zone(network, (site.lon, site.lat), footprints[site.key])
        assert (answer.zone, answer.pipe_id, answer.distance_m) == (site.zone, site.nearest_pipe, site.distance_m)


def test_the_stories_that_the_demo_promises_are_there():
    zones = [site.zone for site in SITES.values()]
    for zone in ("protection", "control", "outside"):
        assert zones.count(zone) >= 2
    quiet = [c for c in CAMERAS.values() if not c.expected_alarms]
    assert len(quiet) >= 3
    assert any(len(site.cameras) == 2 for site in SITES.values())
    assert {"day", "dusk", "rain"} <= {camera.light for camera in CAMERAS.values()}
    pairs = [c for c in CAMERAS.values() if len(c.expected_alarms) == 2]
    assert pairs
    for camera in pairs:
        a, b = (SITES[key] for key in camera.expected_alarms)
        assert distance_m((a.lon, a.lat), (b.lon, b.lat)) > 15


def test_quiet_cameras_hold_no_machine_that_stays_but_the_parked_one():
    parked = {it.key for it in TRUTH.look_alikes if it.kind is LookAlikeKind.PARKED_MACHINE}
    assert parked
    for camera in CAMERAS.values():
        if camera.expected_alarms:
            continue
        machines = [t.type for f in camera.frames for t in f.objects if t.cls == "machine" and t.key not in parked]
        assert len(machines) == len(set(machines)), camera.key  # each passes in one frame only


def test_the_parked_machine_never_moves_and_would_frighten():
    """Same place and same box in every picture, inside the control range: place and class alone must not settle it."""
    (parked,) = (it for it in TRUTH.look_alikes if it.kind is LookAlikeKind.PARKED_MACHINE)
    frames = CAMERAS[parked.camera].frames
    seen = [thing for frame in frames for thing in frame.objects if thing.key == parked.key]
    assert len(seen) == len(frames) == len(parked.frames)
    assert len({(thing.lon, thing.lat) for thing in seen}) == 1
    assert np.ptp([thing.box for thing in seen], axis=0).max() <= 1
    assert min(thing.visible_fraction for thing in seen) > 0.9
    assert true_zone(network_geojson(), (parked.lon, parked.lat), seen[0].footprint).zone == "control"


def test_machines_are_large_enough_to_be_seen():
    for camera in CAMERAS.values():
        widths = [t.box[2] for f in camera.frames for t in f.objects if t.site]
        if widths:
            assert np.median(widths) > 0.05 * camera.pose.image_size[0]


def test_the_foot_of_a_machine_s_box_is_near_its_place():
    """What a perfect detector would place is the near side of the machine: within a machine's length of the truth."""
    for camera in CAMERAS.values():
        for frame in camera.frames:
            for thing in frame.objects:
                if not thing.site or thing.visible_fraction < 0.9:
                    continue
                x, y, w, h = thing.box
                foot = ground_at(camera.pose, np.array([[x + w / 2, y + h]]))[0]
                assert distance_m((float(foot[0]), float(foot[1])), (thing.lon, thing.lat)) < 6.5
