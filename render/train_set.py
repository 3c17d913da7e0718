"""Write a COCO set of training renders (渲染): `render/train_set.py OUT COUNT FIRST_SEED [far]`. Never committed.

Boxes are those of the visible pixels; boxes under 8 px or less than a quarter visible are dropped.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
from render import Renderer, burn_label, finish
from scenes import training_scene
from things import TYPES, supercategory


def annotate(spec: dict[str, Any], boxes: list[dict[str, Any]], image_id: int, first: int) -> list[dict[str, Any]]:
    """COCO annotations [x, y, w, h] of one picture."""
    out = []
    for b in boxes:
        if b["visibleBox"] is None or b["seen"] < 0.25 * b["pixels"]:
            continue
        x0, y0, x1, y1 = b["visibleBox"]
        if min(x1 - x0, y1 - y0) < 8:
            continue
        out.append(
            {
                "id": first + len(out),
                "image_id": image_id,
                "category_id": spec["objects"][b["index"]]["category"],
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "area": b["seen"],
                "iscrowd": 0,
                "visible_fraction": round(b["seen"] / b["pixels"], 3),
            }
        )
    return out


def main(out: Path, count: int, first_seed: int, *, far: bool = False) -> None:
    """Render `count` scenes, four in ten machine-free; the JSON is rewritten every 20 for early readers."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    start = time.perf_counter()
    with Renderer() as renderer:
        for i in range(count):
            negative = i % 5 in {1, 3}
            spec = training_scene(first_seed + i, negative=negative, far=far)
            picture, boxes = renderer.shoot(spec)
            f = spec["finish"]
            picture = finish(picture, spec["light"], spec["seed"], noise=f["noise"], soft=f["soft"], colour=f["colour"])
            if f["label"]:
                picture = burn_label(picture, f["corner"])
            name = f"images/render_{first_seed + i}.jpg"
            cv2.imwrite(str(out / name), picture, [cv2.IMWRITE_JPEG_QUALITY, f["quality"]])
            found = annotate(spec, boxes, i + 1, len(notes) + 1)
            images.append(
                {
                    "id": i + 1,
                    "file_name": name,
                    "width": picture.shape[1],
                    "height": picture.shape[0],
                    "source": "own-render",
                    "license": "Apache-2.0 (own)",
                    "negative": negative,
                    "labelled_supers": ["machine", "person", "cone"],
                    "rendered": True,
                    "group": f"render-{first_seed + i}",
                    "light": spec["light"]["kind"],
                }
            )
            notes += found
            if i % 20 == 19 or i == count - 1:
                categories = [{"id": k, "name": v, "supercategory": supercategory(k)} for k, v in TYPES.items()]
                (out / "instances.json").write_text(
                    json.dumps(
                        {
                            "info": {"description": "rendered 渲染, own three.js scenes"},
                            "images": images,
                            "annotations": notes,
                            "categories": categories,
                        }
                    )
                )
                print(f"{i + 1}/{count} {len(notes)} boxes {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), far=sys.argv[4:] == ["far"])
