"""Fine-tunes an open vision-language model on what reviewers decided: LoRA, one card, resumable.

    python train.py --pairs OUT/pairs.jsonl --pictures OUT/images --out RUN                  # train
    python train.py --pairs OUT/pairs.jsonl --pictures OUT/images --out RUN --evaluate val   # one JSON line: figures

``pipewarden dataset export reviews --pairs --out OUT`` writes both: OUT/pairs.jsonl, and OUT/images, the pictures by
SHA-256 (``ab/cdef…``). Needs torch, transformers and peft, which are no part of the locks.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SPLITS = ("train", "val", "test")
_UNSEEN = -100  # the label that the loss leaves out
_PICTURE = "image_url"
_Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Line:
    """One verdict.

    Attributes:
        messages: as they were sent, pictures as ``sha256:…``.
        answer: what the reviewer said.
    """

    id: str
    split: str
    rendered: bool
    messages: list[dict[str, Any]]
    answer: str


def read_lines(path: Path) -> list[Line]:
    """Return the lines of an export.

    Raises:
        ValueError: a line is none; the number says which.
    """
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            told = json.loads(text)
            line = Line(told["id"], told["split"], told["rendered"], told["messages"], told["answer"])
            json.loads(line.answer)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: is no training line ({error})") from error
        if line.split not in SPLITS:
            raise ValueError(f"{path}:{number}: split {line.split!r} is none of {', '.join(SPLITS)}")
        lines.append(line)
    return lines


def picture(folder: Path, sha256: str) -> Image.Image:
    """Return a picture by its hash.

    Raises:
        ValueError: its bytes are not the ones that were asked about.
    """
    content = (folder / sha256[:2] / sha256[2:]).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{sha256} is another picture now: restore it from the backup")
    return Image.open(io.BytesIO(content)).convert("RGB")


def conversation(line: Line, folder: Path) -> list[dict[str, Any]]:
    """Return the messages of a line with their pictures, as processors take them; the answer is left out."""
    return [
        {
            "role": message["role"],
            "content": [
                {"type": "image", "image": picture(folder, part[_PICTURE]["url"].removeprefix("sha256:"))}
                if part["type"] == _PICTURE
                else {"type": "text", "text": part["text"]}
                for part in message["content"]
            ],
        }
        for message in line.messages
    ]


def masked(prompt: int, tokens: Sequence[int]) -> list[int]:
    """Return the labels of a line: only the answer, which follows ``prompt`` tokens, is learnt."""
    return [_UNSEEN] * prompt + list(tokens[prompt:])


def rate_at(step: int, steps: int, peak: float, warmup: float) -> float:
    """Return the learning rate of a step: up in a line, down in half a cosine."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return peak * ((step + 1) / rising)
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def order(count: int, epochs: int, seed: int) -> list[int]:
    """Return which line comes when: every epoch anew, the same for the same seed, so that a run can be resumed."""
    rng = np.random.default_rng(seed)
    return [int(one) for _ in range(epochs) for one in rng.permutation(count)]


def interval(hits: int, of: int) -> list[float] | None:
    """Return the 95 % Wilson interval of a share; None of nothing."""
    if not of:
        return None
    share, spread = hits / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return [round(middle - half, 4), round(middle + half, 4)]


def figures(told: Sequence[tuple[str, str]], key: str, positive: Sequence[str]) -> dict[str, Any]:
    """Return precision and recall of the verdict over (said, wanted) answers; what does not read counts as said no."""
    counts = {"true": 0, "false": 0, "missed": 0, "unread": 0}
    for said, wanted in told:
        real = json.loads(wanted).get(key) in positive
        try:
            answer = json.loads(said)
            claimed = isinstance(answer, dict) and answer.get(key) in positive
        except ValueError:
            counts["unread"] += 1
            claimed = False
        counts["true"] += claimed and real
        counts["false"] += claimed and not real
        counts["missed"] += real and not claimed
    claims, digs = counts["true"] + counts["false"], counts["true"] + counts["missed"]
    return {
        "lines": len(told),
        "unread": counts["unread"],
        "precision": counts["true"] / claims if claims else None,
        "recall": counts["true"] / digs if digs else None,
        "intervals": {"precision": interval(counts["true"], claims), "recall": interval(counts["true"], digs)},
    }


def open_model(config: dict[str, Any], adapter: Path | None) -> tuple[Any, Any]:
    """Return processor and model: fresh LoRA weights, or those of a checkpoint."""
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(config["base"], local_files_only=True)
    base = AutoModelForImageTextToText.from_pretrained(
        config["base"], dtype=getattr(torch, config["dtype"]), local_files_only=True
    )
    base.to("cuda" if torch.cuda.is_available() else "cpu")
    if adapter is not None:
        return processor, PeftModel.from_pretrained(base, adapter, is_trainable=True)
    told = config["lora"]
    lora = LoraConfig(
        r=told["rank"], lora_alpha=told["alpha"], lora_dropout=told["dropout"], target_modules=told["modules"]
    )
    return processor, get_peft_model(base, lora)


def encoded(processor: Any, line: Line, folder: Path, *, answered: bool) -> tuple[dict[str, Any], int]:
    """Return a line's tensors, with its answer or up to it, and how many tokens its prompt has."""
    messages = conversation(line, folder)
    given = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True, **given)
    length = int(prompt["input_ids"].shape[1])
    if not answered:
        return prompt, length
    spoken = [*messages, {"role": "assistant", "content": [{"type": "text", "text": line.answer}]}]
    return processor.apply_chat_template(spoken, **given), length


def batches(processor: Any, lines: Sequence[Line], folder: Path, places: Sequence[int], longest: int) -> Iterator[Any]:
    """Yield the tensors of lines with their labels; None for a line that is too long."""
    import torch

    for place in places:
        tensors, prompt = encoded(processor, lines[place], folder, answered=True)
        tokens = tensors["input_ids"][0].tolist()
        if len(tokens) > longest:
            yield None
            continue
        yield {**tensors, "labels": torch.tensor([masked(prompt, tokens)])}


def train(config: dict[str, Any], lines: Sequence[Line], folder: Path, out: Path) -> dict[str, Any]:
    """Train, from the last checkpoint in ``out`` where there is one, and return what was done."""
    import torch

    told, torch_seed = config["train"], config["seed"]
    torch.manual_seed(torch_seed)
    kept = sorted(out.glob("step-*"), key=lambda path: int(path.name.split("-")[1]))
    processor, model = open_model(config, kept[-1] if kept else None)
    model.train()
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
    optimiser = torch.optim.AdamW((one for one in model.parameters() if one.requires_grad), lr=told["learning_rate"])
    done = 0
    if kept:
        state = torch.load(kept[-1] / "optimiser.pt", weights_only=True)
        optimiser.load_state_dict(state["optimiser"])
        done = int(state["step"])
    places = order(len(lines), told["epochs"], torch_seed)
    per_step = told["accumulate"]
    steps = math.ceil(len(places) / per_step)
    left_out, losses = 0, []
    for step in range(done, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, steps, told["learning_rate"], told["warmup"])
        taken = places[step * per_step : (step + 1) * per_step]
        total = 0.0
        for tensors in batches(processor, lines, folder, taken, told["longest"]):
            if tensors is None:
                left_out += 1
                continue
            loss = model(**{name: one.to(model.device) for name, one in tensors.items()}).loss / len(taken)
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(total)
        print(json.dumps({"step": step + 1, "of": steps, "loss": round(total, 4)}), flush=True)
        if (step + 1) % told["save_every"] == 0 or step + 1 == steps:
            target = out / f"step-{step + 1}"
            model.save_pretrained(target)
            torch.save({"optimiser": optimiser.state_dict(), "step": step + 1}, target / "optimiser.pt")
    return {"steps": steps, "lines": len(lines), "left_out": left_out, "loss": losses[-1] if losses else None}


def evaluate(config: dict[str, Any], lines: Sequence[Line], folder: Path, out: Path) -> dict[str, Any]:
    """Ask the trained model every held-back question and return its figures."""
    import torch

    kept = sorted(out.glob("step-*"), key=lambda path: int(path.name.split("-")[1]))
    if not kept:
        raise ValueError(f"{out} holds no step-N: train first")
    processor, model = open_model(config, kept[-1])
    model.eval()
    told = []
    for line in lines:
        tensors, prompt = encoded(processor, line, folder, answered=False)
        with torch.inference_mode():
            made = model.generate(
                **{name: one.to(model.device) for name, one in tensors.items()},
                max_new_tokens=config["evaluate"]["answer_tokens"],
                do_sample=False,
            )
        told.append((processor.decode(made[0][prompt:], skip_special_tokens=True), line.answer))
    return figures(told, config["evaluate"]["verdict"], config["evaluate"]["positive"])


def main() -> None:
    """Read the words of the command line and do it."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description="LoRA for the second judge")
    parser.add_argument("--config", type=Path, default=here / "config.yaml")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--evaluate", choices=SPLITS[1:], help="no training: figures on this held-back split")
    told = parser.parse_args()
    config = yaml.safe_load(told.config.read_text(encoding="utf-8"))
    lines = read_lines(told.pairs)
    if told.evaluate is not None:
        # rendered pictures may teach, they may not prove anything
        real = [line for line in lines if line.split == told.evaluate and not line.rendered]
        print(json.dumps(evaluate(config, real, told.pictures, told.out)))
        return
    told.out.mkdir(parents=True, exist_ok=True)
    print(json.dumps(train(config, [line for line in lines if line.split == "train"], told.pictures, told.out)))


if __name__ == "__main__":
    main()
