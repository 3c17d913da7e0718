"""Cut machines out of the demo's rendered (渲染) pictures, for the commissioning test to paste.

Run: python render/cut_outs.py

The camera stands still, so what differs from its picture without the machine is the machine. How many pixels a metre
has at its foot comes from the demo's camera file; the pictures are the project's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pipewarden.locate.rules import read, solve
from pipewarden.sense.service import load_camera_file

DEMO = Path(__file__).resolve().parents[1] / "src/pipewarden/sim/demo"
WANTED = (("cam-06", "0001.jpg"), ("cam-10", "0001.jpg"), ("cam-12", "0001.jpg"), ("cam-14", "0002.jpg"))
DIFFERS = 22  # grey levels, above what rain, noise and JPEG differ by
AROUND = 3
QUALITY = 90


def cut(key: str, name: str, box: list[int]) -> np.ndarray:
    """Return BGRA pixels of what stands in ``box`` and not in the camera's first picture."""
    folder = DEMO / "cameras" / key
    now, empty = (cv2.imread(str(folder / one)).astype(int) for one in (name, "0000.jpg"))
    left, top = max(0, box[0] - AROUND), max(0, box[1] - AROUND)
    part = np.s_[top : box[1] + box[3] + AROUND, left : box[0] + box[2] + AROUND]
    mask = (np.abs(now - empty).max(axis=2)[part] > DIFFERS).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    alpha = cv2.GaussianBlur((labels == 1 + stats[1:, 4].argmax()).astype(np.uint8) * 255, (3, 3), 0)
    return np.dstack([now[part].astype(np.uint8), alpha])


def px_per_m(key: str, box: list[int]) -> float:
    """Return how many pixels one metre across has at the foot of a box."""
    camera = load_camera_file(DEMO / "cameras" / key / "camera.yaml").camera
    solved = solve(read(camera.calibration, camera.image_size, (camera.lon, camera.lat)), (camera.lon, camera.lat))
    middle, foot = box[0] + box[2] / 2, box[1] + box[3]
    ends = solved.model.ground(np.array([(middle - 5, foot), (middle + 5, foot)]))
    return 10.0 / float(np.hypot(*(ends[1] - ends[0])))


def main() -> None:
    """Write the pictures and what they show."""
    truth = {one["key"]: one for one in json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["cameras"]}
    out, told = DEMO / "cut-outs", []
    out.mkdir(exist_ok=True)
    for key, name in WANTED:
        frame = next(one for one in truth[key]["frames"] if one["file"] == name)
        machine = next(one for one in frame["objects"] if one["cls"] == "machine")
        file = f"{key}-{Path(name).stem}.webp"
        cv2.imwrite(str(out / file), cut(key, name, machine["box"]), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
        told.append({"file": file, "type": machine["type"], "px_per_m": round(px_per_m(key, machine["box"]), 2)})
    words = {"rendered": True, "made_by": "render/cut_outs.py", "cut_outs": told}
    (out / "cut-outs.json").write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
