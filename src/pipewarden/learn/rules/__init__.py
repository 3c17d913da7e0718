"""Pure rules of learning: what belongs together, what is there twice, how it is written, what looks wrong."""

from pipewarden.learn.rules.alike import alike
from pipewarden.learn.rules.coco import coco
from pipewarden.learn.rules.division import divide, leaks
from pipewarden.learn.rules.groups import groups, settled, share_of
from pipewarden.learn.rules.manifest import read, write
from pipewarden.learn.rules.pairs import asked, pair_line, verdicts_of
from pipewarden.learn.rules.quality import doubts_of, quality
from pipewarden.learn.rules.release import check_release, told_of
from pipewarden.learn.rules.verdicts import SAYS, sample_of, sites

__all__ = [
    "SAYS", "alike", "asked", "check_release", "coco", "divide", "doubts_of", "groups", "leaks", "pair_line", "quality",
    "read", "sample_of", "settled", "share_of", "sites", "told_of", "verdicts_of", "write",
]  # fmt: skip
