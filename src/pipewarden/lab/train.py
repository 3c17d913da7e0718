"""Fine-tune the teacher or distil the screen: the recipe of docs/detector.md, restartable and seeded.

bf16 autocast with channels_last doubles the speed on this class of CPU; stem and first stage stay frozen, the second
thaws after 35 % of the steps, and what counts in the end is the exponential moving average of the weights. Two CPU
cores are enough; on another device the samples are drawn there too (see batches), each seen once.
"""

import copy
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import nn

from pipewarden.lab.assign import Points, assign, detection_loss, spread_weights, unroll
from pipewarden.lab.batches import DeviceComposer
from pipewarden.lab.compose import LICENSED, MACHINE_FREE, RENDERED, UNLICENSED, Composer, Sample, Stream, streams_of
from pipewarden.lab.cutouts import cut_all
from pipewarden.lab.dataset import CLASSES, SHIPPABLE, Picture, read_renders, read_split, shippable
from pipewarden.lab.distil import (
    LABELS,
    Batch,
    Taught,
    first_student,
    imitation_loss,
    lessons_without_end,
    score_distance,
    taught,
)
from pipewarden.lab.lessons import Lesson, load_lessons, save_lessons
from pipewarden.lab.memory import with_memory
from pipewarden.lab.mine import lessons_of, normalised
from pipewarden.lab.nanodet import NanoDet, load_coco
from pipewarden.lab.starts import first_net, net_of, read_net

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
LESSONS = "lessons.json"
MEMORY = 0.5  # weight of what COCO says beside the rest
_FITTED_ON = 48  # samples the student is refitted on

Draws = Composer | DeviceComposer


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a run; it is written beside the weights, so that a card can say what was done."""

    data: Path
    blob: Path
    out: Path
    renders: Path | None = None
    start_from: tuple[Path, ...] = ()
    teacher: Path | None = None
    pool: int = 3200
    all_sources: bool = False
    empty: float = 1.0
    steps: int = 1250
    batch: int = 16
    side: int = 384
    rate: float = 6e-4
    thaw: float = 0.35
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    memory: bool = False
    save_every: int = 100

    def as_json(self) -> dict[str, Any]:
        """Plain values for the log and the card."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


@dataclass(slots=True)
class Running:
    """What changes while training: the net, its moving average, the optimiser and the step."""

    net: NanoDet
    average: NanoDet
    optimiser: Any
    step: int = 0
    teacher: NanoDet | None = None
    coco: NanoDet | None = None


def training_pictures(plan: Plan) -> tuple[list[Picture], dict[str, Stream]]:
    """The pictures a plan may learn from, and how often each kind is drawn."""
    pictures = read_split(plan.data, "train")
    streams = dict(UNLICENSED if plan.all_sources else LICENSED)
    if not plan.all_sources:
        pictures = shippable(pictures)
    if plan.renders is not None:
        pictures = pictures + read_renders(plan.renders)
        streams |= RENDERED
    for name in MACHINE_FREE & set(streams):
        streams[name] = replace(streams[name], share=streams[name].share * plan.empty)
    return pictures, streams


class Samples(torch.utils.data.IterableDataset):  # type: ignore[misc]  # torch is read without types
    """Samples without end for one loader process; seed and first step decide them."""

    def __init__(self, composer: Composer, seed: int, first: int) -> None:
        self._composer, self._seed, self._first = composer, seed, first

    def __iter__(self) -> Iterator[Sample]:
        generator = np.random.default_rng((self._seed, self._first))
        while True:
            yield self._composer.sample(generator)


def collate(samples: list[Sample]) -> Batch:
    """Pictures [B,3,S,S] uint8 channels_last, marks [B,G,5], valid [B,G], weights [B,4,S/8,S/8]."""
    stacked = torch.from_numpy(np.stack([sample.pixels for sample in samples]))
    pixels = stacked.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    most = max(1, *(len(sample.marks) for sample in samples))
    marks = torch.zeros(len(samples), most, 5)
    valid = torch.zeros(len(samples), most, dtype=torch.bool)
    for row, sample in enumerate(samples):
        marks[row, : len(sample.marks)] = torch.from_numpy(sample.marks)
        valid[row, : len(sample.marks)] = True
    return pixels, marks, valid, torch.from_numpy(np.stack([sample.weights for sample in samples]))


def begin(net: NanoDet, rate: float, teacher: NanoDet | None = None) -> Running:
    """Freeze what must not move and give the rest its share of the learning rate; a student learns everywhere."""
    net = net.to(memory_format=torch.channels_last)
    slow, fast = [], []
    for name, parameter in net.named_parameters():
        if teacher is not None:
            fast.append(parameter)
        elif name.startswith(("stem", "stage1")):
            parameter.requires_grad = False
        elif name.startswith("stage"):
            slow.append(parameter)
        else:
            fast.append(parameter)
    groups = [{"params": slow, "share": 0.35}, {"params": fast, "share": 1.0}]
    average = copy.deepcopy(net).eval()
    for parameter in average.parameters():
        parameter.requires_grad = False
    return Running(net, average, torch.optim.AdamW(groups, lr=rate, weight_decay=0.02), teacher=teacher)


def schedule(running: Running, plan: Plan) -> None:
    """Warm-up over 100 steps, then a cosine to 3 %; the backbone waits 60 steps, its second stage 35 % of the run."""
    step = running.step
    warm = min(1.0, (step + 1) / 100)
    rate = plan.rate * warm * (0.5 * (1 + math.cos(math.pi * step / plan.steps)) * 0.97 + 0.03)
    for group in running.optimiser.param_groups:
        waits = group["share"] < 1 and step < 60  # noqa: PLR2004 # the head settles first
        group["lr"] = 0.0 if waits else rate * group["share"]
    for parameter in running.net.stage2.parameters():
        parameter.requires_grad = running.teacher is not None or step >= int(plan.thaw * plan.steps)


def learn(running: Running, batch: Batch, told: Points | None = None, known: Any = None) -> dict[str, float]:
    """One step on one batch; `told` by a teacher, `known` COCO's logits (see memory); returns the parts of the loss."""
    pixels, marks, valid, weights = batch
    running.net.train()
    given = normalised(pixels)
    maps, everything = seen(running.net, given)
    points = everything.first(len(CLASSES))
    targets = assign(points, marks[..., :4], marks[..., 4].long(), valid)
    loss, parts = detection_loss(points, targets, spread_weights(maps, weights))
    if told is not None:
        apart = imitation_loss(points, told)
        loss = LABELS * loss + apart
        parts["apart"] = float(apart.detach())
    if known is not None:
        forgotten = score_distance(everything.logits[..., len(CLASSES) :], known)
        loss = loss + MEMORY * forgotten
        parts["forgotten"] = float(forgotten.detach())
    running.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_([p for p in running.net.parameters() if p.requires_grad], 10.0)
    running.optimiser.step()
    running.step += 1
    follow(running)
    return {"loss": float(loss.detach()), **parts}


def seen(net: NanoDet, given: Any) -> tuple[list[Any], Points]:
    """Level maps and points of a normalised batch."""
    with torch.autocast(given.device.type, torch.bfloat16):
        maps = net(given)
    maps = [level.float() for level in maps]
    return maps, unroll(maps, net.classes, given.shape[-2])


def follow(running: Running) -> None:
    """Move the average towards the net; it follows faster in the first steps."""
    keep = min(0.998, (1 + running.step) / (10 + running.step))
    with torch.no_grad():
        ours, theirs = running.average.state_dict(), running.net.state_dict()
        for name, value in ours.items():
            value.mul_(keep).add_(theirs[name], alpha=1 - keep)


def save(running: Running, plan: Plan) -> None:
    """Write the checkpoint whole or not at all."""
    state = {
        "net": running.net.state_dict(),
        "average": running.average.state_dict(),
        "optimiser": running.optimiser.state_dict(),
        "step": running.step,
        "plan": plan.as_json(),
    }
    draft = plan.out / (CHECKPOINT + ".new")
    torch.save(state, draft)
    draft.replace(plan.out / CHECKPOINT)


def _fitted(teacher: NanoDet, draws: Draws, plan: Plan) -> NanoDet:
    if isinstance(draws, DeviceComposer):
        return first_student(teacher, draws.batch(_FITTED_ON)[0].cpu(), plan.seed)
    generator = np.random.default_rng(plan.seed)
    return first_student(teacher, collate([draws.sample(generator) for _ in range(_FITTED_ON)])[0], plan.seed)


def lessons_for(plan: Plan, pictures: list[Picture], net: NanoDet) -> dict[str, Lesson]:
    """What the start net and COCO say of the training pictures, looked up once per run; see mine."""
    path = plan.out / LESSONS
    if not path.exists():
        with progress() as bar:
            task = bar.add_task("looking", total=len(pictures))
            ours = net.eval() if plan.start_from or plan.teacher else None
            save_lessons(path, lessons_of(pictures, ours, load_coco(plan.blob), lambda: bar.advance(task)))
    return load_lessons(path)


def read_plan(checkpoint: Path) -> dict[str, Any]:
    """What the run of a checkpoint was asked to do."""
    plan: dict[str, Any] = torch.load(checkpoint, weights_only=True)["plan"]
    return plan


def resume(plan: Plan, composer: Callable[[NanoDet, int], Draws]) -> tuple[Running, Draws]:
    """Continue the run in `plan.out` where its checkpoint stands, or begin it."""
    path = plan.out / CHECKPOINT
    state = torch.load(path, weights_only=True, map_location="cpu") if path.exists() else None
    step = int(state["step"]) if state else 0
    if plan.teacher is None:
        net = first_net(plan.start_from, plan.blob)
        draws = composer(net, step)
        coco = load_coco(plan.blob) if plan.memory else None
        running = begin((with_memory(net, coco) if coco else net).to(plan.device), plan.rate)
        running.coco = _watching(coco, plan) if coco else None
    else:
        teacher = read_net(plan.teacher)
        draws = composer(teacher, step)
        net = net_of(state["net"]) if state else _fitted(teacher, draws, plan)
        running = begin(net.to(plan.device), plan.rate, _watching(teacher, plan))
    if state is not None:
        running.net.load_state_dict(state["net"])
        running.average.load_state_dict(state["average"])
        running.optimiser.load_state_dict(state["optimiser"])
        running.step = step
    return running, draws


def _watching(net: NanoDet, plan: Plan) -> NanoDet:
    """A net that only answers."""
    answering: NanoDet = net.to(plan.device, memory_format=torch.channels_last).eval()
    return answering


def train(plan: Plan) -> Path:
    """Run a plan to its end and return its checkpoint; started again, it continues where it was stopped."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)  # a thread pool begun before the loader forks would hang it
    plan.out.mkdir(parents=True, exist_ok=True)
    pictures, streams = training_pictures(plan)
    allowed = all(picture.source in SHIPPABLE for picture in pictures)

    def composed(net: NanoDet, step: int) -> Draws:
        held, cuts = streams_of(pictures, lessons_for(plan, pictures, net)), cut_all(shippable(pictures))
        if plan.device == "cpu":
            return Composer(held, streams, cuts, plan.side)
        return DeviceComposer(held, streams, cuts, seed=plan.seed + step, device=plan.device, side=plan.side)

    running, composer = resume(plan, composed)
    facts = plan.as_json() | {"shippable": allowed, "pictures": Counter(str(picture.source) for picture in pictures)}
    (plan.out / "plan.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    batches = material(plan, composer, running)
    started = time.perf_counter()
    sums: dict[str, float] = {}
    with progress() as bar, (plan.out / LOG).open("a", encoding="utf-8") as log:
        task = bar.add_task("train", total=plan.steps, completed=running.step)
        while running.step < plan.steps:
            schedule(running, plan)
            batch, told = next(batches)
            for key, value in learn(running, batch, told, _known(running.coco, batch)).items():
                sums[key] = sums.get(key, 0.0) + value
            bar.update(task, completed=running.step)
            if running.step % 25 == 0:
                means = {key: round(value / 25, 4) for key, value in sums.items()}
                line = {"step": running.step, "seconds": round(time.perf_counter() - started, 1), **means}
                log.write(json.dumps(line) + "\n")
                log.flush()
                sums = {}
            if running.step % plan.save_every == 0:
                save(running, plan)
    save(running, plan)
    return plan.out / CHECKPOINT


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
def _known(coco: NanoDet | None, batch: Batch) -> Any:
    return None if coco is None else seen(coco, normalised(batch[0]))[1].logits


def drawn_there(plan: Plan, composer: DeviceComposer, teacher: NanoDet | None) -> Iterator[tuple[Batch, Points | None]]:
    """Ever new batches on their device, with the teacher's answer to each where there is a teacher."""
    while True:
        batch = composer.batch(plan.batch)
        if teacher is None:
            yield batch, None
            continue
        with torch.no_grad():
            told = seen(teacher, normalised(batch[0]))[1]
        yield batch, told


def material(plan: Plan, composer: Draws, running: Running) -> Iterator[tuple[Batch, Points | None]]:
    """Batches without end: ever new ones, or on the CPU for a student a pool that its teacher has looked at once."""
    if isinstance(composer, DeviceComposer):
        return drawn_there(plan, composer, running.teacher)
    samples = Samples(composer, plan.seed, running.step)
    loader = torch.utils.data.DataLoader(
        samples, batch_size=plan.batch, num_workers=1, collate_fn=collate, prefetch_factor=4
    )
    teacher = running.teacher
    if teacher is None:
        return ((batch, None) for batch in loader)
    pool: list[Taught] = []
    with progress() as bar:
        task = bar.add_task("asking the teacher", total=max(1, plan.pool // plan.batch))
        for batch in loader:
            pool.append(taught(batch, lambda given: seen(teacher, given)[1]))
            bar.advance(task)
            if len(pool) * plan.batch >= plan.pool:
                break
    generator = np.random.default_rng((plan.seed, running.step, 1))
    return ((one.batch, one.told) for one in lessons_without_end(pool, generator))


def progress() -> Progress:
    """Bars on stderr, as the long commands of the lab show them."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr))
