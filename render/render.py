"""Drive the three.js scene page in headless Chromium and finish its pictures (rendered 渲染); a development tool only.

The page draws, measures boxes by id buffer and hands back both; this module adds what a camera adds: glow, rain,
noise, vignette, and the label that says the picture is rendered.
"""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
LABEL = "RENDERED 渲染"
FONTS = ["/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Keep the console for progress."""


class Renderer:
    """One Chromium, one page; `shoot(spec)` gives (BGR picture, boxes)."""

    def __enter__(self) -> Self:
        handler = functools.partial(_Quiet, directory=str(HERE))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.play = sync_playwright().start()
        self.browser = self.play.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        self.page: Any = None
        self.shots = 0
        return self

    def __exit__(self, *_exc: object) -> None:
        self.browser.close()
        self.play.stop()
        self.server.shutdown()

    def _open(self) -> None:
        if self.page is not None:
            self.page.close()
        self.page = self.browser.new_page(viewport={"width": 1280, "height": 720})
        self.page.on("pageerror", lambda e: print("page error:", e))
        self.page.on("console", lambda m: print("console:", m.text[:300]) if m.type == "error" else None)
        self.page.set_default_timeout(120_000)
        self.page.goto(f"http://127.0.0.1:{self.server.server_port}/scene/index.html")
        self.page.wait_for_selector("body[data-state=ready]")

    def shoot(self, spec: dict[str, Any]) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """Render one scene; a fresh page every 40 shots bounds its memory."""
        if self.shots % 40 == 0:
            self._open()
        self.shots += 1
        got = self.page.evaluate("(s) => window.renderScene(s)", spec)
        raw = base64.b64decode(got["picture"].split(",", 1)[1])
        picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
        self.info = got["info"]
        return picture, got["boxes"]


def finish(
    picture: np.ndarray,
    light: dict[str, Any],
    seed: int,
    *,
    noise: float = 2.5,
    soft: float = 0.0,
    colour: float = 0.85,
) -> np.ndarray:
    """Add what optics and sensor add: glow at dusk, rain streaks, softness, vignette, noise. BGR uint8 in and out."""
    rng = np.random.default_rng(seed)
    f = picture.astype(np.float32)
    h, w = f.shape[:2]
    if light["kind"] in {"dusk", "night"}:
        bright = np.clip(f - 190, 0, None)
        f += 0.9 * cv2.GaussianBlur(bright, (0, 0), w / 110) + 0.5 * cv2.GaussianBlur(bright, (0, 0), w / 30)
    if light["kind"] == "rain":
        f = _rain(f, rng, light.get("streaks", 500))
    if soft > 0:
        f = cv2.GaussianBlur(f, (0, 0), soft)
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    radius = ((xx / w - 0.5) ** 2 + (yy / h - 0.5) ** 2) * 2
    f *= (1 - 0.16 * radius)[..., None]
    grey = f.mean(axis=2, keepdims=True)
    f = grey + (f - grey) * colour
    coarse = cv2.resize(
        rng.normal(0, 1, (h // 2, w // 2, 3)).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR
    )
    f += noise * (0.6 * rng.normal(0, 1, f.shape).astype(np.float32) + 0.8 * coarse)
    return np.clip(f, 0, 255).astype(np.uint8)


def _rain(f: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    h, w = f.shape[:2]
    layer = np.zeros((h, w), np.float32)
    for _ in range(count):
        x, y, length = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(10, 46)
        cv2.line(
            layer,
            (int(x), int(y)),
            (int(x + 0.12 * length), int(y + length)),
            float(rng.uniform(12, 46)),
            1,
            cv2.LINE_AA,
        )
    return f + cv2.GaussianBlur(layer, (0, 0), 0.8)[..., None]


def burn_label(picture: np.ndarray, corner: int = 0) -> np.ndarray:
    """Write the small label into a corner: 0 lower left, 1 lower right, 2 upper left, 3 upper right."""
    h, w = picture.shape[:2]
    size = max(11, round(w / 75))
    font = next((ImageFont.truetype(p, size) for p in FONTS if Path(p).exists()), ImageFont.load_default())
    image = Image.fromarray(picture[..., ::-1])
    draw = ImageDraw.Draw(image, "RGBA")
    tw = draw.textlength(LABEL, font=font)
    x = 8 if corner in {0, 2} else w - tw - 8
    y = h - size - 9 if corner in {0, 1} else 6
    draw.rectangle([x - 4, y - 1, x + tw + 4, y + size + 5], fill=(0, 0, 0, 90))
    draw.text((x, y), LABEL, font=font, fill=(255, 255, 255, 200))
    return np.asarray(image)[..., ::-1].copy()
