"""A tenant's own rules and weights, made of the shipped files: texts that hold, and texts with a slip."""

from __future__ import annotations

from pipewarden.casework.store import RISK_FILE, SUPERVISION_FILE

SHIPPED = SUPERVISION_FILE.read_text(encoding="utf-8")
WEIGHTS = RISK_FILE.read_text(encoding="utf-8")


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """Return a text in which each is replaced; what is not there is a slip of the test."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def rules(version: str = "mine@1", minutes: int = 30) -> str:
    """Return the shipped rules with a standby check each so many minutes, its own examples changed with it."""
    return changed(
        SHIPPED,
        ("version: CN@1", f"version: {version}"),
        ("then: machine.works_at, by: PT1H", f"then: machine.works_at, by: PT{minutes}M"),
        ("machine.works_at: 2026-03-02T09:00:00Z", "machine.works_at: 2026-03-02T08:05:00Z"),
    )


def weights(version: str = "mine-risk@1", filed: float = 1.25) -> str:
    """Return the shipped weights with another one for filed works."""
    return changed(
        WEIGHTS, ("version: CN-risk@2", f"version: {version}"), ("filed: {weight: 1.2,", f"filed: {{weight: {filed},")
    )


TYPO = changed(rules(), ("compare: {fact: site.zone, is: control}", "compare: {fakt: site.zone, is: control}"))
NO_FACT = changed(rules(), ("fact: site.zone, is: control", "fact: site.zome, is: control"))
RING = changed(
    rules(),
    (
        "      all: [{compare: {fact: site.zone, is: protection}}, seen_since_confirmed]",
        "      all: [on_file, not_ready]",
    ),
    ("        - works.confirmed\n        - not: site.stopped\nrules:", "        - machine_in_protection\nrules:"),
)
SLIPS = {
    "typo": (TYPO, "violated_when.all.0.compare.fakt", "Did you mean fact?"),
    "no_fact": (NO_FACT, "violated_when.all.0.compare.fact", "Did you mean site.zone?"),
    "ring": (RING, "derived.machine_in_protection", "Let one of them read facts only."),
}
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
