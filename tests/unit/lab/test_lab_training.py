"""The torch half of the lab on pictures drawn here; the long tier, because torch is no dependency of the CI tier."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")

from pipewarden.kit.errors import InputError  # noqa: E402 # after the skip
from pipewarden.lab import assign as rules  # noqa: E402 # same
from pipewarden.lab import starts  # noqa: E402 # same
from pipewarden.lab import train as training  # noqa: E402 # same
from pipewarden.lab.boxes import letterbox  # noqa: E402 # same
from pipewarden.lab.commands import app  # noqa: E402 # same
from pipewarden.lab.compose import Composer, hold  # noqa: E402 # same
from pipewarden.lab.dataset import Source, read_pictures  # noqa: E402 # same
from pipewarden.lab.export import Whole, export_float, largest_difference, quantise  # noqa: E402 # same
from pipewarden.lab.memory import with_memory  # noqa: E402 # same
from pipewarden.lab.nanodet import BINS, MEAN, SCREEN, STD, NanoDet, with_our_head  # noqa: E402 # same
from pipewarden.lab.screen import Screen  # noqa: E402 # same
from pipewarden.lab.ship import ship  # noqa: E402 # same

pytestmark = pytest.mark.release

SIDE = 96


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twelve drawn pictures: an orange block is a machine, a thin upright one a person."""
    root = tmp_path / "data" / "construction"
    (root / "images").mkdir(parents=True)
    generator = np.random.default_rng(3)
    images, annotations = [], []
    for number in range(12):
        pixels = generator.integers(60, 90, (160, 200, 3)).astype(np.uint8)
        x, y = (int(v) for v in generator.integers(10, 80, 2))
        cv2.rectangle(pixels, (x, y), (x + 69, y + 49), (20, 140, 250), -1)
        cv2.rectangle(pixels, (170, 40), (181, 79), (200, 60, 60), -1)
        cv2.imwrite(str(root / "images" / f"{number}.png"), pixels)
        images.append(
            {
                "id": number,
                "file_name": f"{number}.png",
                "width": 200,
                "height": 160,
                "source": str(Source.CSS),
                "labelled_supers": ["machine", "person", "cone", "vehicle"],
            }
        )
        annotations += [
            {"image_id": number, "category_id": 6, "bbox": [x, y, 70, 50]},
            {"image_id": number, "category_id": 7, "bbox": [170, 40, 12, 40]},
        ]  # fmt: skip
    (root / "instances_train.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    return tmp_path / "data"


@pytest.fixture
def small_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeded random nets in place of the published weights, which no test may need."""

    def coco(_: Path) -> NanoDet:
        torch.manual_seed(0)
        return NanoDet(80)

    monkeypatch.setattr(training, "load_coco", coco)
    monkeypatch.setattr(starts, "load_coco", coco)


def points(boxes: list[tuple[float, float, float, float]], score: float = 0.0) -> rules.Points:
    """One picture of 64 x 64 at stride 8 whose every point predicts the first box."""
    grid = torch.arange(8).float() * 8 + 4
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    centres = torch.stack([x, y], -1).reshape(-1, 2)
    box = torch.tensor(boxes[0])
    sides = torch.cat([centres - box[:2], box[2:] - centres], 1).clamp(0, 79) / 8
    low = sides.floor().long().clamp(max=BINS - 2)
    bins = torch.full((1, 64, 4, BINS), -20.0)
    share = (sides - low)[None]
    bins.scatter_(3, low[None, ..., None], torch.log(1 - share + 1e-9)[..., None])
    bins.scatter_(3, low[None, ..., None] + 1, torch.log(share + 1e-9)[..., None])
    return rules.Points(torch.full((1, 64, 3), score), bins, centres, torch.full((64,), 8.0))


def assigned(marks: list[tuple[float, ...]], found: rules.Points) -> rules.Targets:
    boxes = torch.tensor([[mark[:4] for mark in marks]])
    classes = torch.tensor([[int(mark[4]) for mark in marks]])
    return rules.assign(found, boxes, classes, torch.ones(1, len(marks), dtype=torch.bool))


def test_bins_decode_to_the_box_they_spell():
    found = points([(8.0, 16.0, 40.0, 44.0)])
    inside = (found.centres[:, 0] > 8) & (found.centres[:, 0] < 40) & (found.centres[:, 1] > 16)
    inside &= found.centres[:, 1] < 44
    assert torch.allclose(found.boxes()[0, inside], torch.tensor([8.0, 16.0, 40.0, 44.0]), atol=1e-3)


def test_points_inside_a_well_predicted_object_are_taken_and_none_outside():
    targets = assigned([(8.0, 16.0, 40.0, 44.0, 2)], points([(8.0, 16.0, 40.0, 44.0)]))
    taken = targets.taken[0]
    centres = points([(8.0, 16.0, 40.0, 44.0)]).centres[taken]
    assert 2 <= int(taken.sum()) <= rules.TOP
    assert ((centres > torch.tensor([8.0, 16.0])) & (centres < torch.tensor([40.0, 44.0]))).all()
    assert targets.quality[0, taken].max() == pytest.approx(1.0, abs=0.01)
    assert (targets.scores[0, taken, 2] > 0).all()
    assert targets.scores[0, :, :2].sum() == 0


def test_a_tiny_object_still_gets_a_point():
    targets = assigned([(30.5, 30.5, 33.5, 33.5, 0)], points([(30.5, 30.5, 33.5, 33.5)]))
    assert int(targets.taken.sum()) >= 1


def test_a_box_too_large_for_a_level_and_an_empty_row_take_nothing():
    huge = assigned([(-100.0, -100.0, 150.0, 150.0, 0)], points([(0.0, 0.0, 64.0, 64.0)]))
    assert not huge.taken.any()
    found = points([(8.0, 8.0, 40.0, 40.0)])
    boxes, classes = torch.tensor([[[8.0, 8.0, 40.0, 40.0]]]), torch.zeros(1, 1, dtype=torch.long)
    assert not rules.assign(found, boxes, classes, torch.zeros(1, 1, dtype=torch.bool)).taken.any()


def test_every_point_serves_one_object():
    targets = assigned([(8.0, 8.0, 40.0, 40.0, 0), (10.0, 8.0, 42.0, 40.0, 1)], points([(8.0, 8.0, 40.0, 40.0)]))
    assert ((targets.scores[0] > 0).sum(dim=1) <= 1).all()


def test_giou_by_hand():
    first = torch.tensor([0.0, 0.0, 10.0, 10.0])
    apart = torch.tensor([20.0, 0.0, 30.0, 10.0])
    assert rules.pair_overlap(first, first) == pytest.approx(1.0, abs=1e-5)
    assert rules.pair_overlap(first, apart, generalised=True) == pytest.approx(-(300 - 200) / 300, abs=1e-5)


def test_a_masked_class_costs_nothing_as_background():
    found = points([(8.0, 16.0, 40.0, 44.0)], score=2.0)
    none = rules.Targets(
        torch.zeros(1, 64, dtype=torch.bool), torch.zeros(1, 64), torch.zeros(1, 64, 3), torch.zeros(1, 64, 4)
    )
    whole, _ = rules.detection_loss(found, none, torch.ones(1, 64, 3))
    masked, _ = rules.detection_loss(found, none, torch.tensor([1.0, 0.0, 0.0]).expand(1, 64, 3))
    off, _ = rules.detection_loss(found, none, torch.zeros(1, 64, 3))
    assert float(masked) == pytest.approx(float(whole) / 3)
    assert float(off) == 0.0


def test_a_true_object_counts_even_where_its_class_is_masked():
    targets = assigned([(8.0, 16.0, 40.0, 44.0, 1)], points([(8.0, 16.0, 40.0, 44.0)]))
    loss, parts = rules.detection_loss(points([(8.0, 16.0, 40.0, 44.0)], -3.0), targets, torch.zeros(1, 64, 3))
    assert float(loss) > 0
    assert parts["class"] > 0


def test_our_head_starts_from_the_nearest_coco_rows():
    torch.manual_seed(1)
    coco = NanoDet(80)
    ours = with_our_head(coco)
    assert torch.equal(ours.outs[0].weight[1], coco.outs[0].weight[0])
    assert torch.allclose(ours.outs[0].weight[0], (coco.outs[0].weight[6] + coco.outs[0].weight[7]) / 2)
    assert torch.allclose(ours.outs[1].weight[3], coco.outs[1].weight[[2, 5, 7]].mean(0))
    assert torch.equal(ours.outs[2].weight[4:], coco.outs[2].weight[80:])
    assert torch.equal(ours.stage3.enter.conv.weight, coco.stage3.enter.conv.weight)


def test_the_loss_falls_on_one_batch_and_the_average_follows(data: Path):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    pictures = read_pictures(data / "construction" / "instances_train.json", data / "construction" / "images")
    streams = {"css": [hold(picture) for picture in pictures]}
    composer = Composer(streams, training.LICENSED, [], side=SIDE)
    generator = np.random.default_rng(0)
    batch = training.collate([composer.sample(generator) for _ in range(8)])
    running = training.begin(with_our_head(NanoDet(80)), rate=1e-3)
    before = {name: value.clone() for name, value in running.net.state_dict().items()}
    average = running.average.outs[0].weight.clone()
    losses = [training.learn(running, batch)["loss"] for _ in range(12)]
    assert np.isfinite(losses).all()
    assert min(losses[-3:]) < losses[0]
    after = running.net.state_dict()
    assert torch.equal(after["stem.conv.weight"], before["stem.conv.weight"]), "the stem is frozen"
    assert not torch.equal(after["outs.0.weight"], before["outs.0.weight"])
    assert not torch.equal(running.average.outs[0].weight, average)


@pytest.mark.usefixtures("small_start")
def test_a_stopped_run_continues_where_its_checkpoint_stands(data: Path, tmp_path: Path):
    plan = training.Plan(data, tmp_path, tmp_path / "run", steps=2, batch=2, side=SIDE, threads=1)
    checkpoint = training.train(plan)
    assert training.read_plan(checkpoint)["steps"] == 2
    longer = training.Plan(data, tmp_path, tmp_path / "run", steps=3, batch=2, side=SIDE, threads=1)
    assert step_of(longer) == 2
    training.train(longer)
    assert step_of(longer) == 3
    facts = json.loads((tmp_path / "run" / "plan.json").read_text())
    assert facts["shippable"] is True
    assert facts["pictures"] == {str(Source.CSS): 12}


def step_of(plan: training.Plan) -> int:
    return training.resume(plan, lambda *_: Composer({}, {}, []))[0].step


def checkpoint_of(folder: Path, data: Path, **more: Any) -> Path:
    folder.mkdir()
    torch.manual_seed(0)
    running = training.begin(with_our_head(NanoDet(80)), rate=1e-3)
    training.save(running, training.Plan(data, folder, folder, **more))
    return folder / training.CHECKPOINT


def test_a_run_on_unlicensed_sources_never_reaches_the_package(data: Path, tmp_path: Path):
    checkpoint = checkpoint_of(tmp_path / "all", data, all_sources=True)
    with pytest.raises(InputError, match="without a licence"):
        ship(checkpoint, tmp_path / "src" / "screen-1.onnx", data, 2, method="MinMax", seed=1)


def test_the_export_is_the_net_and_eight_bits_stay_near_it(tmp_path: Path):
    torch.manual_seed(0)
    net = with_our_head(NanoDet(80)).eval()
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    frame = letterbox(noise).pixels
    frame[:8, :8], frame[:8, 8:16] = 0, 255  # enough of both for a percentile to keep them
    export_float(net, tmp_path / "float.onnx")
    assert largest_difference(net, tmp_path / "float.onnx", frame) < 1e-4
    quantise(tmp_path / "float.onnx", tmp_path / "int8.onnx", [frame, frame[::-1].copy()])
    assert (tmp_path / "int8.onnx").stat().st_size < 8_000_000
    scores, boxes = Screen(tmp_path / "int8.onnx", threads=1).raw(frame)
    exact, exact_boxes = Screen(tmp_path / "float.onnx", threads=1).raw(frame)
    assert scores.shape == (5040, 4)
    assert boxes.shape == (5040, 4)
    assert np.abs(scores - exact).max() < 0.05
    assert np.abs(boxes - exact_boxes).mean() < 8


def test_folding_the_normalisation_changes_only_the_border():
    torch.manual_seed(0)
    net = with_our_head(NanoDet(80)).eval()
    frame = np.random.default_rng(0).integers(0, 256, (384, 640, 3)).astype(np.uint8)
    whole = Whole(net)
    raw = torch.from_numpy(frame[None]).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        folded = whole.net.stem(raw - 114)
        plain = net.stem((raw - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1))
    assert torch.allclose(folded[..., 1:, 1:], plain[..., 1:, 1:], atol=1e-4)
    assert not torch.allclose(folded[..., 0, :], plain[..., 0, :], atol=1e-4)


def test_an_input_range_that_is_not_all_bytes_is_told(tmp_path: Path):
    torch.manual_seed(0)
    export_float(with_our_head(NanoDet(80)).eval(), tmp_path / "float.onnx")
    dull = np.full((384, 640, 3), 90, np.uint8)
    dull[:, :320] = 140
    with pytest.raises(ValueError, match="calibrate with black and white"):
        quantise(tmp_path / "float.onnx", tmp_path / "int8.onnx", [dull])


def test_machine_free_streams_are_drawn_more_often_on_wish(data: Path, tmp_path: Path):
    plain = training.training_pictures(training.Plan(data, tmp_path, tmp_path))[1]
    more = training.training_pictures(training.Plan(data, tmp_path, tmp_path, empty=2.0))[1]
    assert more["coco"].share == 2 * plain["coco"].share
    assert more["css_empty"].share == 2 * plain["css_empty"].share
    assert more["css"] == plain["css"]
    assert "render" not in plain


def test_renders_join_the_plan_and_unlicensed_pictures_only_on_demand(data: Path, tmp_path: Path):
    folder = tmp_path / "renders"
    (folder / "images").mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "r.jpg"), np.zeros((90, 160, 3), np.uint8))
    record = {"id": 1, "file_name": "images/r.jpg", "width": 160, "height": 90, "source": "own-render"}
    (folder / "instances.json").write_text(json.dumps({"images": [record], "annotations": []}))
    index = data / "construction" / "instances_train.json"
    document = json.loads(index.read_text())
    document["images"][0]["source"] = str(Source.CAMVID)
    index.write_text(json.dumps(document))
    pictures, streams = training.training_pictures(training.Plan(data, tmp_path, tmp_path, renders=folder))
    assert len(pictures) == 11 + 1
    assert {"render", "render_empty"} <= set(streams)
    assert "camvid" not in streams
    everything, wide = training.training_pictures(training.Plan(data, tmp_path, tmp_path, all_sources=True))
    assert len(everything) == 12
    assert "camvid" in wide


def test_the_rate_warms_up_and_falls_and_the_backbone_waits(data: Path, tmp_path: Path):
    plan = training.Plan(data, tmp_path, tmp_path, steps=1000, rate=1.0)
    running = training.begin(with_our_head(NanoDet(80)), plan.rate)

    def at(step: int) -> tuple[float, float, bool]:
        running.step = step
        training.schedule(running, plan)
        slow, fast = (group["lr"] for group in running.optimiser.param_groups)
        return slow, fast, next(running.net.stage2.parameters()).requires_grad

    assert at(0) == (0.0, pytest.approx(0.01), False)
    assert at(59)[0] == 0.0
    slow, fast, thawed = at(100)
    assert slow == pytest.approx(0.35 * fast)
    assert not thawed
    assert at(350)[2]
    assert at(999)[1] == pytest.approx(0.03, abs=1e-3)
    assert not next(running.net.stem.parameters()).requires_grad


def test_points_of_every_level_lie_in_the_middle_of_their_cells():
    maps = [torch.zeros(1, 3 + 4 * BINS, 96 // s, 64 // s) for s in (8, 16, 32)]
    found = rules.unroll(maps, 3, height=96)
    assert found.logits.shape == (1, 12 * 8 + 6 * 4 + 3 * 2, 3)
    assert found.centres[0].tolist() == [4.0, 4.0]
    assert found.centres[96].tolist() == [8.0, 8.0]
    assert found.centres[-1].tolist() == [48.0, 80.0]
    assert sorted(set(found.strides.tolist())) == [8.0, 16.0, 32.0]
    spread = rules.spread_weights(maps, torch.arange(2.0).view(1, 2, 1, 1).expand(1, 2, 12, 8))
    assert spread.shape == (1, 126, 2)
    assert spread[0, :, 1].eq(1).all()


@pytest.mark.usefixtures("small_start")
def test_a_student_learns_from_a_pool_and_continues_where_it_was_stopped(data: Path, tmp_path: Path):
    teacher = checkpoint_of(tmp_path / "teacher", data)

    def plan(steps: int) -> training.Plan:
        return training.Plan(
            data, tmp_path, tmp_path / "run", teacher=teacher, steps=steps, pool=4, batch=2, side=SIDE, threads=1
        )

    training.train(plan(3))
    running, _ = training.resume(plan(4), lambda *_: Composer({}, {}, []))
    assert running.step == 3
    assert running.net.form == SCREEN
    assert all(parameter.requires_grad for parameter in running.net.parameters())
    training.train(plan(4))
    assert training.read_plan(tmp_path / "run" / training.CHECKPOINT)["teacher"] == str(teacher)
    assert len(json.loads((tmp_path / "run" / training.LESSONS).read_text())) == 12
    last = json.loads((tmp_path / "run" / "plan.json").read_text())
    assert last["shippable"] is True


@pytest.mark.usefixtures("small_start")
def test_samples_drawn_on_the_device_train_teacher_and_student(data: Path, tmp_path: Path):
    there = "cpu:0"  # any device but plain "cpu" draws its own samples

    def plan(name: str, **more: Any) -> training.Plan:
        return training.Plan(data, tmp_path, tmp_path / name, batch=2, side=SIDE, threads=1, device=there, **more)

    checkpoint = training.train(plan("teacher", steps=2, memory=True))
    assert len(torch.load(checkpoint, weights_only=True)["average"]["outs.0.bias"]) == 84 + 4 * BINS
    assert starts.read_net(checkpoint).classes == 4, "what COCO said is dropped with the run"
    log = (tmp_path / "teacher" / training.LOG).read_text()
    assert log == "", "fewer than 25 steps are no mean"
    training.train(plan("teacher", steps=3, memory=True))
    running, _ = training.resume(plan("teacher", steps=4, memory=True), lambda *_: Composer({}, {}, []))
    assert running.step == 3
    assert running.coco is not None
    student = training.train(plan("student", steps=2, teacher=checkpoint))
    assert starts.read_net(student).form == SCREEN


def test_forgetting_costs_and_only_with_a_memory(data: Path):
    torch.manual_seed(0)
    pictures = read_pictures(data / "construction" / "instances_train.json", data / "construction" / "images")
    generator = np.random.default_rng(0)
    draws = Composer({"css": [hold(picture) for picture in pictures]}, training.LICENSED, [], side=SIDE)
    batch = training.collate([draws.sample(generator) for _ in range(2)])
    coco = NanoDet(80)
    known = training._known(coco, batch)
    assert known.shape[-1] == 80
    assert training._known(None, batch) is None
    running = training.begin(with_memory(with_our_head(coco), coco), rate=1e-3)
    first = training.learn(running, batch, known=known)["forgotten"]
    assert first < 1e-3, "nothing is forgotten yet"
    assert training.learn(running, batch, known=known + 3)["forgotten"] > 10 * first
    assert "forgotten" not in training.learn(running, batch)


@pytest.mark.parametrize(("device", "field"), [("cpu", "--blob"), ("abacus", "--device")])
def test_a_device_that_torch_has_not_is_named(device: str, field: str, tmp_path: Path):
    blob = str(tmp_path / "no.json")
    answer = CliRunner().invoke(
        app, ["train", "--out", str(tmp_path), "--blob", blob, "--device", device, "--json"]
    )  # fmt: skip
    assert answer.exit_code == 2
    assert json.loads(answer.stdout)["error"]["field"] == field
