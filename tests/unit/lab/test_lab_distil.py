"""Shrinking and distilling on tiny tensors; the long tier, because torch is no dependency of the CI tier."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")

from pipewarden.kit.errors import InputError  # noqa: E402 # after the skip
from pipewarden.lab.assign import Points, unroll  # noqa: E402 # same
from pipewarden.lab.boxes import letterbox  # noqa: E402 # same
from pipewarden.lab.distil import Taught, imitation_loss, lessons_without_end, mirrored, taught  # noqa: E402 # same
from pipewarden.lab.export import Whole, export_float, quantise  # noqa: E402 # same
from pipewarden.lab.nanodet import SCREEN, TEACHER, Form, NanoDet, with_our_head, with_vehicles  # noqa: E402 # same
from pipewarden.lab.screen import Screen  # noqa: E402 # same
from pipewarden.lab.shrink import shrink  # noqa: E402 # same
from pipewarden.lab.starts import mean_of, net_of, read_net  # noqa: E402 # same

pytestmark = pytest.mark.release

SIDE = 96


def net(seed: int = 0, classes: int = 4, form: Form = TEACHER) -> NanoDet:
    torch.manual_seed(seed)
    return NanoDet(classes, form).eval()


def pixels(count: int = 4, seed: int = 0) -> "torch.Tensor":
    torch.manual_seed(seed)
    small = torch.randn(count, 3, SIDE // 8, SIDE // 8)
    return torch.nn.functional.interpolate(small, size=(SIDE, SIDE), mode="bilinear")


def points(of: NanoDet, given: "torch.Tensor") -> Points:
    with torch.no_grad():
        return unroll(of(given), of.classes, SIDE)


def test_shrinking_to_the_same_form_is_the_same_net():
    teacher = net()
    twin = shrink(teacher, TEACHER, pixels(8), 1)
    fresh = pixels(2, seed=9)
    assert (points(twin, fresh).logits - points(teacher, fresh).logits).abs().mean() < 0.02


def test_a_shrunken_net_answers_nearer_to_its_teacher_than_a_random_one():
    teacher, fresh = net(), pixels(2, seed=9)
    student = shrink(teacher, SCREEN, pixels(8), 1)
    assert student.form == SCREEN
    assert sum(p.numel() for p in student.parameters()) < sum(p.numel() for p in teacher.parameters()) / 4

    def apart(other: NanoDet) -> float:
        return float((points(other, fresh).sides() - points(teacher, fresh).sides()).abs().mean())

    assert apart(student) < apart(net(3, form=SCREEN))


def test_imitation_costs_nothing_between_twins_and_falls_with_training():
    teacher = net()
    given = pixels(2)
    told = points(teacher, given)
    assert float(imitation_loss(told, told)) == pytest.approx(0.0, abs=1e-5)
    student = net(5, form=SCREEN)
    optimiser = torch.optim.Adam(student.parameters(), lr=1e-3)
    costs = []
    for _ in range(15):
        cost = imitation_loss(unroll(student(given), 4, SIDE), told)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(float(cost.detach()))
    assert np.isfinite(costs).all()
    assert min(costs[-3:]) < costs[0]


def sample(seed: int = 0) -> Taught:
    raw = torch.randint(0, 256, (2, 3, SIDE, SIDE), dtype=torch.uint8)
    marks = torch.tensor([[[8.0, 10.0, 40.0, 50.0, 1.0]], [[0.0, 0.0, 96.0, 96.0, 3.0]]])
    weights = torch.rand(2, 4, SIDE // 8, SIDE // 8)
    teacher = net(seed)
    return taught((raw, marks, torch.ones(2, 1, dtype=torch.bool), weights), lambda given: points(teacher, given))


def test_a_mirrored_lesson_is_the_lesson_of_the_mirrored_picture():
    one = sample()
    turned = mirrored(one)
    assert torch.equal(turned.batch[0], one.batch[0].flip(-1))
    assert turned.batch[1][0, 0].tolist() == [56.0, 10.0, 88.0, 50.0, 1.0]
    assert torch.equal(turned.batch[3], one.batch[3].flip(-1))
    boxes, before = turned.told.boxes().float(), one.told.boxes().float()
    width = SIDE // 8
    for row, column in ((0, 0), (3, 5), (11, 11)):
        there = before[0, row * width + (width - 1 - column)]
        here = boxes[0, row * width + column]
        expected = torch.stack([SIDE - there[2], there[1], SIDE - there[0], there[3]])
        assert torch.allclose(here, expected, atol=0.1)
    again = mirrored(turned)
    assert torch.equal(again.told.logits, one.told.logits)
    assert torch.equal(again.told.bins, one.told.bins)


def test_lessons_come_back_mirrored_or_not_in_single_precision():
    one = sample()
    assert one.told.logits.dtype == torch.float16
    given = lessons_without_end([one], np.random.default_rng(0))
    some = [next(given) for _ in range(20)]
    plain = [torch.equal(lesson.batch[0], one.batch[0]) for lesson in some]
    assert any(plain)
    assert not all(plain)
    assert some[0].told.logits.dtype == torch.float32


def test_a_net_is_known_by_its_state():
    for form in (TEACHER, SCREEN):
        first = net(2, form=form)
        again = net_of(first.state_dict())
        assert again.form == form
        assert torch.equal(again.outs[1].weight, first.outs[1].weight)


def test_the_mean_of_two_nets_and_a_fourth_output():
    first, second = net(1), net(2)
    both = mean_of([first, second])
    assert torch.allclose(both.stem.conv.weight, (first.stem.conv.weight + second.stem.conv.weight) / 2)
    coco, three = net(3, classes=80), net(4, classes=3)
    four = with_vehicles(three, coco)
    assert torch.equal(four.outs[0].weight[:3], three.outs[0].weight[:3])
    assert torch.allclose(four.outs[0].weight[3], coco.outs[0].weight[[2, 5, 7]].mean(0))
    assert torch.equal(four.outs[0].bias[4:], three.outs[0].bias[3:])


@pytest.mark.parametrize("form", [TEACHER, SCREEN])
def test_an_exported_file_gives_its_net_back(form: Form, tmp_path: Path):
    first = net(1, form=form)
    noise = np.random.default_rng(0).integers(0, 256, (384, 640, 3)).astype(np.uint8)
    frame = letterbox(noise).pixels
    frame[:8, :8], frame[:8, 8:16] = 0, 255
    export_float(first, tmp_path / "float.onnx")
    quantise(tmp_path / "float.onnx", tmp_path / "int8.onnx", [frame, frame[::-1].copy()])
    screen = Screen(tmp_path / "int8.onnx", threads=1)
    assert screen.classes == 4
    with torch.no_grad():
        expected = Whole(first).eval()(torch.from_numpy(frame[None]))[0][0].numpy()
    assert np.abs(screen.raw(frame)[0] - expected).max() < 0.1
    again = read_net(tmp_path / "int8.onnx")
    assert again.form == form
    reach = float(first.stem.conv.weight.detach().abs().max())
    assert float((again.stem.conv.weight - first.stem.conv.weight).detach().abs().max()) < reach / 50
    assert torch.allclose(again.stem.conv.bias, first.stem.conv.bias, atol=0.05)


def test_a_file_that_is_no_detector_is_named(tmp_path: Path):
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="no detector of ours"):
        read_net(tmp_path / "other.pt")


def test_our_head_has_the_vehicles_output():
    assert with_our_head(net(1, classes=80)).classes == 4
