"""What each step's proof must hold, and whether one holds it (domain.md 4.3 and 4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import Needs, Refusal, SiteState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts import Proof

PLAN: Final = "城镇燃气管理条例 第三十四条、第三十七条"
GUIDANCE: Final = "城镇燃气管理条例 第三十七条"
STOPPING: Final = "城镇燃气管理条例 第三十六条"
OPERATOR: Final = "城镇燃气管理条例 第三十五条"
ACCIDENT: Final = "生产安全事故报告和调查处理条例 第九条"
REPAIR: Final = "城市道路管理条例 第三十四条"
HOUSE: Final = "产品规则"  # ours, not the law's

STEPS: Final[Mapping[SiteState, Needs]] = {
    SiteState.NOTIFIED: Needs("告知函", PLAN, signatures=1, refusal=True),
    SiteState.FILED: Needs("备案表", PLAN, words=True),
    SiteState.LOCATED: Needs("管线现状确认表", GUIDANCE, signatures=4),
    SiteState.BRIEFED: Needs("安全技术交底记录", HOUSE, signatures=2),
    SiteState.PLAN_SIGNED: Needs("保护方案与保护协议", PLAN, signatures=3),
    SiteState.READY: Needs("开工告知", HOUSE, words=True),
    SiteState.UNDER_STANDBY: Needs("旁站记录", GUIDANCE, pictures=1),
    SiteState.COMPLETED: Needs("完工复验单", HOUSE, signatures=2, words=True),
}
ARRIVAL: Final = Needs("到场凭证", HOUSE, position=True)
LOOK: Final = Needs("现场核查记录", OPERATOR, pictures=1)
CHECK_IN: Final = Needs("旁站签到", GUIDANCE, position=True)
FIX: Final = Needs("整改复查记录", OPERATOR, pictures=1)
REFUSED_STOP: Final = Needs("拒停记录", STOPPING, words=True)
RESUMPTION: Final = Needs("复工确认单", OPERATOR, signatures=1, words=True)
PAPERS: Final = Needs("抢修手续", REPAIR, words=True)


def lacks(proof: Proof, needs: Needs) -> Refusal | None:
    """Return what a proof lacks first; None when it holds all that is needed."""
    names = {name.strip() for name in proof.signed_by} - {""}
    stands_in = needs.refusal and proof.refused and (bool(proof.witness.strip()) or bool(proof.pictures))
    if len(proof.pictures) < needs.pictures:
        return _lack(needs, "pictures", f"holds {len(proof.pictures)} of {needs.pictures} picture(s)", "Take it there.")
    if len(names) < needs.signatures and not stands_in:
        fix = "Have it signed by different people."
        if needs.refusal:
            fix = "Have it signed, or say that it was refused, with a witness or a picture."
        return _lack(needs, "signed_by", f"holds {len(names)} of {needs.signatures} signature(s)", fix)
    if needs.words and not proof.words.strip():
        return _lack(needs, "words", "says nothing", "Write its number or its result.")
    if needs.position and proof.lon is None and not proof.pictures:
        return _lack(
            needs, "position", "has neither a position nor a picture", "Send where you are, or take a picture."
        )
    return None


def _lack(needs: Needs, field: str, reason: str, fix: str) -> Refusal:
    return Refusal(f"lacks_{field}", f"proof.{field}", f"{reason} ({needs.document})", needs.clause, fix)
