"""A small net out of a large one: keep the channels that span the rest, refit every convolution by least squares.

So the screen begins with what COCO and the fine-tuning taught the teacher instead of from nothing, which two CPU cores
could not make up for (docs/detector.md, section 1). Layer by layer, on the student's own inputs, as He, Zhang and Sun
2017 do (arXiv:1707.06168).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from pipewarden.lab.nanodet import Form, NanoDet

_SLOPE = 0.1  # of the leaky rectifier
_ROWS = 24_000
_RIDGE = 1e-3
_HEED = 30.0  # how much more a point with an object counts when the last layer is fitted

Maps = dict[str, Any]


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
def shrink(teacher: NanoDet, form: Form, pixels: Any, seed: int) -> NanoDet:
    """A net of `form` that imitates `teacher` on `pixels` [N,3,H,W] (normalised) as well as linear fits can."""
    torch.manual_seed(seed)
    wanted = _outputs(teacher, pixels)
    student = NanoDet(teacher.classes, form)
    x = _fit(student.stem.conv, pixels, _entered(teacher, pixels, form))
    x = functional.leaky_relu(x, _SLOPE)
    if not form.patch:
        x = functional.max_pool2d(x, 3, 2, 1)
    levels = []
    for number in range(1, 5):
        x = _stage(getattr(student, f"stage{number}"), f"stage{number}", teacher, x, wanted)
        levels.append(x)
    kept = _spanning([torch.cat([_columns(wanted[f"laterals.{k}"]) for k in range(3)])], form.neck)
    laterals = [
        _fit(conv, level, wanted[f"laterals.{place}"][:, kept])
        for place, (conv, level) in enumerate(zip(student.laterals, levels[1:], strict=True))
    ]
    for place, level in enumerate(student.neck(*laterals)):
        target = wanted[f"heads.{place}.conv"]
        width = student.heads[place].conv.out_channels
        kept = _spanning([_columns(functional.leaky_relu(target, _SLOPE))], width)
        head = functional.leaky_relu(_fit(student.heads[place].conv, level, target[:, kept]), _SLOPE)
        _fit(student.outs[place], head, *_last(wanted[f"outs.{place}"], teacher, form))
    return student


def _stage(stage: Any, name: str, teacher: NanoDet, x: Any, wanted: Maps) -> Any:
    """Fit one stage; of the teacher's blocks the last ones are imitated."""
    entered = _imitate(stage.enter.conv, x, wanted[f"{name}.enter.conv"])
    x = entered
    first = len(getattr(teacher, name).blocks) - len(stage.blocks)
    for place, block in enumerate(stage.blocks, start=first):
        half = _imitate(block.first.conv, x, wanted[f"{name}.blocks.{place}.first.conv"])
        x = torch.cat([_imitate(block.second.conv, half, wanted[f"{name}.blocks.{place}.second.conv"]), half], 1)
    return torch.cat([_imitate(stage.leave.conv, x, wanted[f"{name}.leave.conv"]), entered], 1)


def _imitate(conv: Any, x: Any, target: Any) -> Any:
    kept = _spanning([_columns(functional.leaky_relu(target, _SLOPE))], conv.out_channels)
    return functional.leaky_relu(_fit(conv, x, target[:, kept]), _SLOPE)


def _outputs(net: NanoDet, pixels: Any) -> Maps:
    """What every convolution gives before its rectifier, by module name."""
    found: Maps = {}

    def listen(name: str) -> Any:
        return lambda _module, _given, out: found.__setitem__(name, out.clone())

    hooks = [module.register_forward_hook(listen(name)) for name, module in _convolutions(net)]
    net.eval()(pixels)
    for hook in hooks:
        hook.remove()
    return found


def _convolutions(net: NanoDet) -> Iterator[tuple[str, Any]]:
    return ((name, module) for name, module in net.named_modules() if hasattr(module, "out_channels"))


def _entered(teacher: NanoDet, pixels: Any, form: Form) -> Any:
    """What the student's first convolution should give before its rectifier."""
    target = teacher.stem.conv(pixels)
    if form.patch:
        pooled = teacher.enter(pixels)
        target = torch.where(pooled >= 0, pooled, pooled / _SLOPE)
    return target[:, _spanning([_columns(functional.leaky_relu(target, _SLOPE))], form.stem)]


def _last(target: Any, teacher: NanoDet, form: Form) -> tuple[Any, Any]:
    """Logits and distances the last layer should give, and how much each place counts [N,1,h,w]."""
    classes = teacher.classes
    logits = target[:, :classes]
    heed = 1 + _HEED * logits.sigmoid().amax(1, keepdim=True)
    if form.bins == teacher.form.bins:
        return target, heed
    batch, _, rows, columns = target.shape
    chances = target[:, classes:].reshape(batch, 4, teacher.form.bins, rows, columns).softmax(2)
    steps = torch.arange(teacher.form.bins, dtype=target.dtype).view(1, 1, -1, 1, 1)
    return torch.cat([logits, (chances * steps).sum(2)], 1), heed


def _columns(maps: Any) -> Any:
    """[N,C,h,w] as rows [N*h*w, C]."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _spanning(rows: Sequence[Any], count: int) -> list[int]:
    """The `count` channels from which the others are best told: pivoted Cholesky of their second moments."""
    values = torch.cat(list(rows)).double()
    rest = values.T @ values / len(values)
    chosen: list[int] = []
    for _ in range(count):
        left = rest.diagonal().clone()
        left[chosen] = -1
        best = int((rest.pow(2).sum(0) / left.clamp(min=1e-12)).where(left > 0, torch.tensor(-1.0).double()).argmax())
        chosen.append(best)
        rest -= torch.outer(rest[best], rest[best]) / rest[best, best].clamp(min=1e-12)
    return sorted(chosen)


def _fit(conv: Any, x: Any, target: Any, heed: Any = None) -> Any:
    """Set a convolution so that it gives `target` [N,O,h,w] on `x` with least squared error; returns what it gives."""
    side, step, edge = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    total = target.shape[2] * target.shape[3]
    places = torch.randperm(total)[: max(1, _ROWS // len(x))]
    given = torch.cat([functional.unfold(one[None], side, 1, edge, step)[0, :, places].T for one in x]).double()
    goal = torch.cat([one.flatten(1)[:, places].T for one in target]).double()
    given = torch.cat([given, torch.ones(len(given), 1).double()], 1)
    heeded = given if heed is None else given * torch.cat([one.flatten(1)[:, places].T for one in heed]).double()
    square = heeded.T @ given
    square.diagonal().add_(_RIDGE * square.diagonal().mean())
    solved = torch.linalg.solve(square, heeded.T @ goal).float()
    conv.weight.copy_(solved[:-1].T.reshape(conv.weight.shape))
    conv.bias.copy_(solved[-1])
    return conv(x)
