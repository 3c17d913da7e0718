"""Verdicts out as lines to fine-tune a vision-language judge on, with the pictures a judge is shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipewarden.inference import service as inference
from pipewarden.inference.facts import Picture, PictureRole
from pipewarden.judge import service as judge
from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Share
from pipewarden.learn.rules import asked, pair_line, verdicts_of
from pipewarden.learn.service.datasets import NO_CONSENT_KEY, members, withheld
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import Box

if TYPE_CHECKING:
    from pipewarden.judge.facts import QuestionList
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Manifest
    from pipewarden.learn.ports import ExportFolder
    from pipewarden.perceive.service import Showing

LINES = "pairs.jsonl"


def export_pairs(
    work: Work, blobs: BlobStore, showing: Showing, made: Manifest, questions: QuestionList, *, folder: ExportFolder
) -> dict[str, int]:
    """Take the verdicts of a data set out as lines and pictures; return how many lines each share has.

    A line holds the close-up and the frame as the second judge is shown them, the question list, and the code that
    the reviewer gave; pictures that nobody may train with any more stay behind, as in ``export``. ``pairs.jsonl`` is
    written last, so that it names no picture that is not there.

    Raises:
        InputError: the data set holds no verdicts, or a picture of it is gone or damaged.
    """
    instructions = asked(judge.instructions(questions))
    lines: list[str] = []
    counts: Counter[str] = Counter()
    whole = members(blobs, made)
    kept_back = withheld(work, {one.sample.picture for one in whole})
    for member in (one for one in whole if one.sample.picture not in kept_back):
        for alarm, label in verdicts_of(member):
            crop, frame, _ = perceive.crop_and_frame(showing, blobs.get(member.sample.picture), box=Box(*label.box))
            lesson = inference.lesson(
                instructions, (Picture(PictureRole.CROP, crop), Picture(PictureRole.FRAME, frame))
            )
            for sha256, jpeg in lesson.jpegs.items():
                folder.picture(f"{sha256[:2]}/{sha256[2:]}", jpeg)
            lines.append(pair_line(member, alarm, label, lesson))
            counts[member.share.value] += 1
    if not lines:
        raise InputError(
            field=made.label, problem="holds no verdicts", fix="Make one with: pipewarden dataset make --from verdicts"
        )
    folder.lines(LINES, lines)
    told = {share.value: counts[share.value] for share in Share}
    return told | ({NO_CONSENT_KEY: len(kept_back)} if kept_back else {})
