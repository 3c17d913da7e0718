"""A seeded world in which it is known who does which commission best, for measuring the match; nothing is tuned to it.

Whoever answers best is drawn first (a true share of right answers per topic, whether they have time, whether they take
the price); what the match is shown of them is drawn from that with the noise of life: tags left out and tags boasted,
sentences that name other things too, few gold items, few ratings. The gain of a match is the true worth: the share of
right answers on the commission's topics x the share of their time that is free x whether they take the price, and 0
for somebody who must not work for it. Matching reads none of the true values.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.market.facts.experts import Expert, Grade, Skill
from pipewarden.market.rules.matching import Candidate, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TOPICS = {
    "管道腐蚀": "做过钢管腐蚀与防腐层检测，熟悉锈蚀分级",
    "软管老化": "检查过上万户灶具软管的老化和龟裂",
    "私接三通": "查处私接私改和三通接头的现场经验",
    "暗埋包裹": "装修包裹暗埋管道的排查",
    "卫生间立管": "老旧小区卫生间立管改造",
    "末端封堵": "停用管道末端封堵验收",
    "施工机械": "识别挖掘机钻机等施工机械与地锚",
    "开挖沟槽": "沟槽开挖与支护旁站监护",
    "围挡识别": "工地围挡和安全标志的巡查",
    "方案评审": "第三方施工保护方案的评审与争议处理",
}
_FILLER = ("认真负责", "注册安全工程师", "有八年工作经验", "能熟练使用办公软件", "参加过城市更新项目", "周末可以工作")
_JOBS = ("燃气工程师", "巡线班长", "监理工程师", "安全评价师", "户内安检员")


@dataclass(frozen=True, slots=True)
class Case:
    """A commission with those who may work for it, and what each is truly worth."""

    wanted: Wanted
    candidates: tuple[Candidate, ...]
    worth: dict[UUID, float]


def world(seed: int, *, commissions: int = 40, people: int = 60, met: float = 0.85, most: int = 120) -> list[Case]:
    """Return commissions with the same experts in other circumstances for each.

    Args:
        seed: of everything.
        commissions: how many.
        people: experts.
        met: share of the topics of which somebody has met items with a known answer.
        most: items of one topic, 5 at least.
    """
    rng = random.Random(seed)  # noqa: S311  a benchmark's
    truth = {UUID(int=one + 1): {topic: _skilled(rng) for topic in TOPICS} for one in range(people)}
    shown = {person: _expert(rng, person, skill) for person, skill in truth.items()}
    gold = {person: _gold(rng, person, skill, met, most) for person, skill in truth.items()}
    return [_case(rng, truth, shown, gold) for _ in range(commissions)]


def _skilled(rng: random.Random) -> float:
    """Most know little of most things: half guess, the rest lie between 0.6 and 0.98."""
    return rng.uniform(0.3, 0.5) if rng.random() < 0.6 else rng.uniform(0.6, 0.98)


def _expert(rng: random.Random, person: UUID, skill: dict[str, float]) -> Expert:
    able = [topic for topic, right in skill.items() if right > 0.6]
    boasted = [topic for topic in skill if topic not in able and rng.random() < 0.15]
    tags = frozenset(topic for topic in able if rng.random() < 0.7) | frozenset(boasted)
    told = [TOPICS[topic] for topic in able if rng.random() < 0.5] + rng.sample(_FILLER, 3)
    rng.shuffle(told)
    ratings = rng.randrange(6)
    mean = sum(skill[topic] for topic in able) / len(able) if able else 0.4
    stars = sum(min(5, max(1, round(rng.gauss(1 + 4 * mean, 0.7)))) for _ in range(ratings))
    grade = Grade.A if mean > 0.85 and rng.random() < 0.7 else Grade.B if rng.random() < 0.4 else Grade.C
    floor = rng.choice((None, None, 900, 1300, 1800, 2400))
    return Expert(
        person, UUID(int=0), grade, f"单位{person.int % 9}", rng.choice(_JOBS), tags, "。".join(told),
        available=True, price_floor=floor, conflicts=frozenset(), stars=stars, ratings=ratings, since=NOW,
    )  # fmt: skip


def _gold(rng: random.Random, person: UUID, skill: dict[str, float], met: float, most: int) -> list[Skill]:
    found = []
    for topic, share in skill.items():
        if rng.random() < met:
            count = rng.randint(5, most)
            right = sum(rng.random() < share for _ in range(count))
            found.append(Skill(person, topic, right, count - right))
    return found


def _case(
    rng: random.Random, truth: dict[UUID, dict[str, float]], shown: dict[UUID, Expert], gold: dict[UUID, list[Skill]]
) -> Case:
    topics = rng.sample(sorted(TOPICS), rng.choice((1, 2)))
    words = "需要专家完成" + "、".join(topics) + "相关图片的鉴别，" + TOPICS[rng.choice(topics)]
    price = rng.choice((1300, 1300, 1800))
    client = f"单位{rng.randrange(9)}"
    candidates, worth = [], {}
    for person, expert in shown.items():
        load = rng.choice((0, 0, 1, 2, 3, 4, 5))
        right = sum(truth[person][topic] for topic in topics) / len(topics)
        floor = expert.price_floor or 0
        takes = 1.0 if floor <= price else max(0.0, 1 - (floor - price) / price)
        # a guess is worth nothing: what they add above it, times their time, times whether they come for it
        value = max(0.0, (right - 0.4) / 0.6) * (1 - 0.12 * load) * (0.4 + 0.6 * takes)
        worth[person] = 0.0 if expert.employer == client else value
        candidates.append(Candidate(expert, gold[person], load))
    return Case(Wanted(frozenset(topics), words, price, frozenset({client})), tuple(candidates), worth)


def ndcg(worth: dict[UUID, float], ranked: Sequence[UUID], most: int = 5) -> float:
    """Return the discounted gain of a ranking's first places over that of the best one (Järvelin, Kekäläinen 2002)."""
    best = sorted(worth.values(), reverse=True)[:most]
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(best))
    got = sum(worth[person] / math.log2(place + 2) for place, person in enumerate(ranked[:most]))
    return got / ideal if ideal else 1.0


def mean_ndcg(cases: Sequence[Case], rank: Callable[[Case], Sequence[UUID]]) -> float:
    """Return the mean over commissions."""
    return sum(ndcg(one.worth, rank(one)) for one in cases) / len(cases)
