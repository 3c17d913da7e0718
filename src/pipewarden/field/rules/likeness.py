"""Whether two pictures are one: the same file saved again, cut, mirrored, turned, coloured, or a picture of a screen.

Hashes of several cuts find candidates, so does the look net's view of the whole; what decides is geometry: points of
one picture that lie in the other, all moved by one shift, turn and scale (ORB, Rublee et al. 2011, with RANSAC). Two
pictures of two digs that look alike share no such points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_LONG = 480  # pixels of the longer side that are compared
_SIDE = 16
HASH_BYTES = _SIDE * _SIDE // 8
_POINTS = 500
_RATIO = 0.8  # of the best match's distance to the next best (Lowe 2004)
_REACH_PX = 4.0
_SCALES = (0.4, 2.5)
LEAST_INLIERS = 14
LEAST_SHARE = 0.25  # of the points that have a match at all
LEAST_SPREAD = 0.2  # of the known picture's area: a watermark or a clock that both bear is no copy
_CUTS = (  # left, top, right, bottom as shares: the whole, the middle, the four corners
    (0.0, 0.0, 1.0, 1.0),
    (0.05, 0.05, 0.95, 0.95),
    (0.1, 0.1, 0.9, 0.9),
    *((x, y, x + 0.8, y + 0.8) for x in (0.0, 0.2) for y in (0.0, 0.2)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """How a picture looks.

    Attributes:
        hashes: (7, 32) uint8, difference hashes of the whole and of six cuts.
        points: (n, 2) float32, pixels of the picture at a longer side of 480.
        descriptors: (n, 32) uint8.
        features: the look net's view of the whole, at length one; empty where there is no net.
    """

    hashes: NDArray[np.uint8]
    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    features: tuple[float, ...] = ()


def print_of(pixels: Pixels, features: Sequence[float] = ()) -> Print:
    """Return how BGR pixels (rows, columns, 3) look."""
    grey = _small(pixels)
    rows, columns = grey.shape
    cuts = [
        grey[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)]
        for left, top, right, bottom in _CUTS
    ]
    found, described = cv2.ORB_create(_POINTS, fastThreshold=10).detectAndCompute(grey, None)  # type: ignore[attr-defined]
    points = np.array([one.pt for one in found], np.float32).reshape(-1, 2)
    none = np.zeros((0, 32), np.uint8)
    return Print(
        np.stack([_dhash(one) for one in cuts]), points, none if described is None else described, tuple(features)
    )


def mirrored(pixels: Pixels) -> Pixels:
    """Return pixels as a mirror shows them."""
    return np.ascontiguousarray(pixels[:, ::-1])


def square(pixels: Pixels, side: int) -> Pixels:
    """Return the whole picture squeezed into a square, as the look net takes it."""
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _small(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    scale = _LONG / max(grey.shape)
    size = (max(_SIDE + 1, round(grey.shape[1] * scale)), max(_SIDE, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _dhash(grey: Pixels) -> NDArray[np.uint8]:
    """Return the 16 x 16 difference hash, as perceive makes it of crops (N. Krawetz, 2013)."""
    cells = cv2.resize(grey, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1])


def hash_distance(a: Print, b: Print) -> int:
    """Return the smallest number of 256 bits that differ between any cut of one and any cut of the other."""
    apart = np.unpackbits(a.hashes[:, None, :] ^ b.hashes[None, :, :], axis=2).sum(axis=2)
    return int(apart.min())


def looked_at(pixels: Pixels, side: int) -> list[Pixels]:
    """Return what the look net is shown to find a picture again: it, its middle half, and both in a mirror.

    The middle half is where a phone's screenshot holds a picture. The first is the picture itself, as ``square``.
    """
    rows, columns = pixels.shape[:2]
    tall = rows >= columns
    middle = pixels[rows // 4 : rows - rows // 4] if tall else pixels[:, columns // 4 : columns - columns // 4]
    return [square(one, side) for one in (pixels, mirrored(pixels), middle, mirrored(middle))]


def candidates(query: Sequence[Print], views: NDArray[np.float32], known: Sequence[Print], most: int) -> list[int]:
    """Return which of the known prints are worth a closer look: most by the net's views, a few by hashes.

    Each view has its own turn: screenshots look alike as a whole, and would crowd out what one of them holds.

    Args:
        query: of one picture, plain and mirrored.
        views: (n, D) what the net makes of ``looked_at``, at length one; empty where there is no net: hashes alone.
        known: to be found among.
        most: how many.
    """
    if len(known) <= most:
        return list(range(len(known)))
    there = [n for n, one in enumerate(known) if len(views) and len(one.features) == views.shape[1]]
    few = most // 4 if there else most
    by_hash = [min(hash_distance(one, other) for one in query) for other in known]
    order = [int(one) for one in np.argsort(by_hash, kind="stable")[:few]]
    if there:
        near = np.array([known[n].features for n in there], np.float32) @ views.T
        turns = np.argsort(-near, axis=0, kind="stable")[:most].ravel()  # the nearest to each view, then the next
        order += [there[int(one)] for one in list(dict.fromkeys(turns.tolist()))[: most - few]]
    return list(dict.fromkeys(order))


def shared_points(a: Print, b: Print) -> tuple[int, int]:
    """Return how many points lie in the other under one shift, turn and scale, and how many had a match at all."""
    if min(len(a.points), len(b.points)) < 2:  # noqa: PLR2004  two points make a similarity
        return 0, 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(a.descriptors, b.descriptors, k=2)
    good = [one[0] for one in pairs if len(one) == 2 and one[0].distance < _RATIO * one[1].distance]  # noqa: PLR2004
    if len(good) < LEAST_INLIERS:
        return 0, len(good)
    source = np.array([a.points[one.queryIdx] for one in good], np.float32)
    target = np.array([b.points[one.trainIdx] for one in good], np.float32)
    cv2.setRNGSeed(1)
    move, inside = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=_REACH_PX)
    if move is None or inside is None:
        return 0, len(good)
    scale = float(np.hypot(move[0, 0], move[0, 1]))
    if not _SCALES[0] <= scale <= _SCALES[1]:
        return 0, len(good)
    if _area(target[inside.ravel() > 0]) < LEAST_SPREAD * _area(b.points):
        return 0, len(good)
    return int(inside.sum()), len(good)


def _area(points: NDArray[np.float32]) -> float:
    """Return the area of the hull of points, square pixels."""
    return float(cv2.contourArea(cv2.convexHull(points))) if len(points) else 0.0


def same_picture(query: Sequence[Print], known: Print) -> bool:
    """Say whether a picture (plain and mirrored) is the known one over again."""
    for one in query:
        inside, matched = shared_points(one, known)
        if inside >= LEAST_INLIERS and inside >= LEAST_SHARE * matched:
            return True
    return False
