"""Samples drawn on a training device, here the CPU: what lands where, and that marks go with their pixels."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")

from pipewarden.lab import augment, weather  # noqa: E402 # after the skip
from pipewarden.lab.batches import DeviceComposer  # noqa: E402 # same
from pipewarden.lab.compose import Held, Stream  # noqa: E402 # same
from pipewarden.lab.cutouts import Cutout  # noqa: E402 # same
from pipewarden.lab.sheets import Dice, Sheets  # noqa: E402 # same
from pipewarden.lab.stick import Stickers  # noqa: E402 # same
from pipewarden.lab.warp import Sources, Warp, draw, lay  # noqa: E402 # same

pytestmark = pytest.mark.release

SIDE = 96
PLAIN = Stream(1.0, 0.6, 1.6, 0.0)


def dice(seed: int = 1) -> Dice:
    return Dice(seed, "cpu")


def picture(rows: int = 120, columns: int = 160, box: tuple[int, int, int, int] = (40, 30, 90, 70)) -> np.ndarray:
    pixels = np.full((rows, columns, 3), 40, np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = 240
    return pixels


def sources(count: int, ranges: tuple[float, float, float] = (0.15, 0.6, 0.2)) -> Sources:
    """Tiles of `picture()` scaled far below production, because the samples of a test are small."""
    marks = torch.tensor([[40.0, 30.0, 90.0, 70.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    return Sources(
        torch.tensor([[160.0, 120.0]]).expand(count, 2),
        torch.tensor([ranges]).expand(count, 3),
        marks[None].expand(count, 2, 5),
        torch.tensor([[True, False]]).expand(count, 2),
    )


def test_a_picture_is_read_as_it_is_and_shrunk_without_aliasing():
    chess = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    sheets = Sheets([chess], 64, "cpu", edge="replicate")
    line = torch.arange(64) + 0.5
    y, x = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([x, y], -1)[None]
    as_it_is = sheets.look(torch.tensor([0]), grid, torch.tensor([1.0]))
    assert np.array_equal(as_it_is[0].permute(1, 2, 0).numpy().round(), chess)
    shrunk = sheets.look(torch.tensor([0]), grid[:, ::4, ::4], torch.tensor([0.25]))
    assert (shrunk - 127.5).abs().max() < 2, "the quarter size holds means, not every fourth pixel"


def test_tiles_cover_every_sample_once():
    tiles = lay(6, 2, SIDE, 8, dice())
    assert tiles.sample.tolist() == [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5]
    assert tiles.small.tolist() == [False] * 4 + [True] * 8
    cover = torch.zeros(6, SIDE, SIDE)
    for sample, (left, top, right, bottom) in zip(tiles.sample.tolist(), tiles.area.int().tolist(), strict=True):
        assert left % 8 == top % 8 == 0
        cover[sample, top:bottom, left:right] += 1
    assert (cover == 1).all()


def seen_in(warp: Warp) -> "torch.Tensor":
    sheets = Sheets([picture()], 160, "cpu", edge="replicate")
    count = len(warp.ratio)
    return sheets.look(torch.zeros(count, dtype=torch.long), warp.source(SIDE), warp.ratio.prod(-1).sqrt())


def test_marks_lie_where_their_pixels_do():
    given = sources(40)
    tiles = lay(40, 0, SIDE, 8, dice(3))
    warp = draw(tiles, given, dice(4))
    warp = replace(warp, turn=torch.zeros(40))
    pixels = seen_in(warp)
    marks, valid = warp.marks(given)
    assert valid[:, 0].sum() >= 30, "most cuts are aimed at the object"
    assert not valid[:, 1].any(), "an empty row is no object"
    assert warp.mirrored.any()
    assert not warp.mirrored.all()
    for number in torch.nonzero(valid[:, 0])[:, 0].tolist():
        rows, columns = torch.nonzero(pixels[number, 0] > 140, as_tuple=True)
        found = torch.tensor([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert (found - marks[number, 0, :4]).abs().max() < 3.1, (number, found, marks[number, 0])


def test_a_turned_mark_stays_around_the_middle_of_its_object():
    given = sources(8, (0.3, 0.3, 0.0))
    tiles = lay(8, 0, SIDE, 8, dice(3))
    warp = replace(draw(tiles, given, dice(5)), turn=torch.full((8,), 0.3))
    pixels, (marks, valid) = seen_in(warp), warp.marks(given)
    inner = valid[:, 0] & (marks[:, 0, :2] > 4).all(-1) & (marks[:, 0, 2:4] < SIDE - 4).all(-1)
    assert inner.any()
    for number in torch.nonzero(inner)[:, 0].tolist():
        rows, columns = torch.nonzero(pixels[number, 0] > 140, as_tuple=True)
        middle = (marks[number, 0, :2] + marks[number, 0, 2:4]) / 2
        assert abs(float(columns.float().mean()) + 0.5 - float(middle[0])) < 2.5
        assert abs(float(rows.float().mean()) + 0.5 - float(middle[1])) < 2.5


def cutout(machine: bool) -> Cutout:
    pixels = np.full((60, 80, 4), 255, np.uint8)
    pixels[..., :3] = 200
    return Cutout(pixels, machine)


def plain_warp(count: int) -> Warp:
    tiles = lay(count, 0, SIDE, 8, dice())
    given = Sources(
        torch.full((count, 2), 640.0), torch.tensor([[0.6, 0.6, 0.0]]).expand(count, 3),
        torch.zeros(count, 1, 5), torch.zeros(count, 1, dtype=torch.bool),
    )  # fmt: skip
    return draw(tiles, given, dice(2))


@pytest.mark.parametrize(("machine", "kind"), [(True, 0), (False, 3)])
def test_a_pasted_cutout_is_marked_as_what_it_is_where_it_is(machine: bool, kind: int):
    count = 24
    wanted = torch.arange(count) % 2 == 0
    nothing = torch.zeros(count, 1, 5), torch.zeros(count, 1, dtype=torch.bool)
    tiles = torch.full((count, 3, SIDE, SIDE), 60.0)
    tiles, (marks, valid) = Stickers([cutout(machine)], "cpu").paste(
        tiles, plain_warp(count), nothing, wanted, dice(7)
    )  # fmt: skip
    assert not valid[~wanted].any()
    assert (tiles[~wanted] == 60).all(), "nobody asked for these"
    assert valid[wanted].any()
    assert (marks[valid][:, 4] == kind).all()
    for number in torch.nonzero(valid.sum(1) == 1)[:, 0].tolist():
        left, top, right, bottom = marks[number][valid[number]][0, :4].round().int().tolist()
        bright = tiles[number, 0] > 62
        assert bright[top + 1 : bottom - 1, left + 1 : right - 1].float().mean() > 0.9
        bright[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
        assert not bright.any(), "nothing is drawn beside the mark"


def test_nothing_is_pasted_over_an_object_that_fills_the_sample():
    objects = torch.tensor([[[0.0, 0.0, SIDE, SIDE, 1.0]]]).expand(8, 1, 5), torch.ones(8, 1, dtype=torch.bool)
    tiles = torch.full((8, 3, SIDE, SIDE), 60.0)
    wanted = torch.ones(8, dtype=torch.bool)
    after, (_, valid) = Stickers([cutout(machine=True)], "cpu").paste(tiles, plain_warp(8), objects, wanted, dice())
    assert valid.sum() == 8
    assert (after == 60).all()


CHANGES = (
    weather.exposure, weather.tint, weather.infrared, weather.dusk, weather.night, weather.haze, weather.rain,
    weather.defocus, weather.motion, weather.coarse, weather.grain, weather.codec,
)  # fmt: skip


def scene() -> "torch.Tensor":
    generator = torch.Generator().manual_seed(5)
    return torch.nn.functional.interpolate(torch.rand(3, 3, 12, 12, generator=generator) * 255, size=(SIDE, SIDE))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_weather_keeps_the_scene_recognisable_and_changes_it(change: weather.Change):
    before = scene()
    after = change(before.clone(), dice())
    assert after.shape == before.shape
    assert torch.isfinite(after).all()
    assert not torch.allclose(after, before, atol=0.5)
    alike = torch.corrcoef(torch.stack([before.mean(1).flatten(), after.mean(1).flatten()]))[0, 1]
    assert alike > 0.5


def test_both_ways_of_drawing_have_one_table_of_chances_and_every_change_of_it(monkeypatch: pytest.MonkeyPatch):
    names = [name for row in augment.ROWS for _, name in row]
    assert sorted(names) == sorted(change.__name__ for change in CHANGES)
    for name in names:
        for module in (augment, weather):
            monkeypatch.setattr(module, "ROWS", (((1.0, name),),))
        on_device = weather.photographed(scene(), dice())
        on_cpu = augment.photograph(np.asarray(scene()[0].permute(1, 2, 0), np.uint8), np.random.default_rng(1))
        drawn = dice()
        drawn.uniform(0, 1, 3)  # whether each of the three is changed
        assert torch.allclose(on_device, getattr(weather, name)(scene(), drawn).clamp(0, 255))
        assert on_cpu.dtype == np.uint8
    monkeypatch.undo()
    assert weather.ROWS is augment.ROWS


def test_weathers_do_what_their_names_say():
    before = scene()
    grey = before[:, :1].expand_as(before).contiguous()
    assert torch.allclose(weather.tint(grey.clone(), dice()), grey, atol=0.1), "grey has no hue to turn"
    seen = weather.infrared(before, dice())
    assert torch.equal(seen[:, 0], seen[:, 2])
    assert weather.dusk(before, dice()).mean() < before.mean()
    veiled = weather.haze(torch.full((2, 3, SIDE, SIDE), 30.0), dice())
    assert (veiled[:, :, 0] > veiled[:, :, -1]).all(), "thicker at the top"
    assert weather.defocus(before, dice()).std() < before.std()
    flat = torch.full((2, 3, SIDE, SIDE), 100.0)
    assert torch.allclose(weather.codec(flat, dice()), flat, atol=4), "a flat picture has nothing to lose"


def test_the_codec_is_nearly_exact_at_fine_steps():
    plane = scene()[:, :1] - 128
    assert torch.allclose(weather._rounded(plane, torch.full((3,), 1e-3)), plane, atol=4)


def test_a_batch_in_some_weather_stays_in_range_and_repeats_with_its_seed():
    first = weather.photographed(scene(), dice(9))
    assert first.min() >= 0
    assert first.max() <= 255
    assert torch.equal(first, weather.photographed(scene(), dice(9)))


def held(box: tuple[int, int, int, int] = (40, 30, 90, 70), machine: float = 1.0, copies: int = 1) -> Held:
    marks = np.array([[*box, 0]] * copies, np.float32)
    return Held(picture(box=box), marks, np.array([machine, 1, 1, 0], np.float32))


def composer(streams: dict[str, list[Held]], seed: int = 1) -> DeviceComposer:
    plan = {name: Stream(1.0, 0.15, 0.5, 0.5) for name in streams}
    cuts = [cutout(machine=True), cutout(machine=False)]
    return DeviceComposer(streams, plan, cuts, seed=seed, device="cpu", side=SIDE)


def test_a_batch_has_the_shapes_that_training_takes_and_repeats_with_its_seed():
    streams = {"css": [held(), held((10, 10, 60, 100))], "kerou": [held(machine=0.3)]}
    pixels, marks, valid, weights = composer(streams).batch(8)
    assert pixels.shape == (8, 3, SIDE, SIDE)
    assert marks.shape[:2] == valid.shape
    assert weights.shape == (8, 4, SIDE // 8, SIDE // 8)
    assert pixels.min() >= 0
    assert pixels.max() <= 255
    kept = marks[valid]
    assert len(kept)
    assert (kept[:, :2] >= 0).all()
    assert (kept[:, 2:4] <= SIDE).all()
    assert set(kept[:, 4].tolist()) <= {0.0, 3.0}
    again = composer(streams).batch(8)
    assert all(torch.equal(one, other) for one, other in zip((pixels, marks, valid, weights), again, strict=True))
    assert not torch.equal(composer(streams, seed=2).batch(8)[0], pixels)


def test_a_picture_of_partial_labels_lends_its_weights_to_its_tile_alone():
    weights = composer({"css": [held()], "kerou": [held(machine=0.3)]}).batch(20)[3]
    assert weights[:, 0].unique().tolist() == pytest.approx([0.3, 1.0])
    assert (weights[:, 1:3] == 1).all()
    assert (weights[:, 3] == 0).all()
    mosaics = weights[-7:, 0].flatten(1)
    assert (mosaics.min(1)[0] < mosaics.max(1)[0]).any(), "a mosaic joins both"


def test_a_crowded_sample_keeps_no_more_marks_than_training_takes():
    _, marks, valid, _ = composer({"css": [held(copies=40)]}).batch(8)
    assert marks.shape[1] <= 60
    assert valid.sum(1).max() > 30


@pytest.mark.parametrize("streams", [["ab", "a"], ["a", "ab"], ["a", "abc"], ["aab", "ca"]])
def test_a_picture_in_two_streams_is_held_once_and_every_mark_keeps_its_own_picture(streams: list[str]):
    widths = {"a": 160, "b": 150, "c": 140}
    several = {name: replace(held(), pixels=picture(columns=columns)) for name, columns in widths.items()}
    drawn = composer(
        {("css", "css_empty")[at]: [several[name] for name in stream] for at, stream in enumerate(streams)}
    )
    named = "".join(streams)
    assert drawn._sheets.sizes[drawn._sheet][:, 0].tolist() == [widths[name] for name in named]
    assert len(drawn._sheets.sizes) == len(set(named))
