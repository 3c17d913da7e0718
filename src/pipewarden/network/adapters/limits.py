"""How much of a map is read: bounds that no honest city network reaches, so that a bad file cannot fill the memory."""

from __future__ import annotations

MOST_BYTES = 2 * 1024**3
MOST_FEATURES = 2_000_000
MOST_VERTICES = 50_000_000
MOST_UNPACKED = 4 * 1024**3
MOST_MEMBERS = 1_000
MOST_RATIO = 200
"""A pipe map packs 3-20 times smaller; 200 is a bomb."""
