"""How every tenant and the house stand, as Prometheus metrics: read from the database when somebody asks.

No label names a person, an address or a pipe: tenants by key, kinds, states, lanes. A tenant that cannot be read is
counted, and its figures are absent, so that an alert on absence finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily

from pipewarden.operation.facts import FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from pipewarden.operation.facts import Fault, HouseReading, StageReading, TenantReading

_ANSWERED = ("answer", "cached", "pending")
_FLOOD = 10  # annunciations to one person in ten minutes (ISA-18.2, EEMUA 191)


class Gauges:
    """Gathers values under a name, so that each metric is written once with all its series."""

    def __init__(self) -> None:
        self._made: dict[str, GaugeMetricFamily] = {}

    def add(self, name: str, about: str, value: float, **labels: str) -> None:
        """Add one value; the labels of a name are always the same."""
        if name not in self._made:
            self._made[name] = GaugeMetricFamily(f"pipewarden_{name}", about, labels=list(labels))
        self._made[name].add_metric(list(labels.values()), value)

    def all(self) -> Iterator[Metric]:
        """Yield what was gathered."""
        yield from self._made.values()


def metrics(
    house: HouseReading, tenants: Sequence[TenantReading], stages: Iterable[StageReading], faults: Sequence[Fault]
) -> Iterator[Metric]:
    """Yield every metric that is read from the database."""
    gauges = Gauges()
    _house(gauges, house)
    for stage in stages:
        about = "Seconds that a stage took for the facts of the last ten minutes."
        for quantile, value in (("0.5", stage.median_s), ("0.95", stage.p95_s)):
            gauges.add("stage_seconds", about, value, stage=stage.name, quantile=quantile)
        through = "Facts that went through a stage in the last ten minutes."
        gauges.add("stage_facts", through, stage.count, stage=stage.name)
    for one in tenants:
        _watch(gauges, one)
        _people(gauges, one)
        _messages(gauges, one)
    lasting = {one.kind for one in faults}
    for kind in FaultKind:
        about = "1 while a fault lasts for anybody; its page is docs/runbook.md#<kind>."
        gauges.add("fault", about, float(kind in lasting), kind=kind.value)
    yield from gauges.all()


def _house(gauges: Gauges, house: HouseReading) -> None:
    for lane in house.lanes:
        gauges.add("queue_depth", "Jobs that are due, by lane.", lane.depth, lane=lane.name)
        gauges.add("queue_oldest_seconds", "Age of the oldest job that is due.", lane.oldest_s, lane=lane.name)
    lag = max(house.lag.values(), default=0.0)
    gauges.add("river_lag_seconds", "Age of the oldest fact that any stage has not taken.", lag)
    for name, beat in house.beats.items():
        age = max((house.at - beat.at).total_seconds(), 0.0)
        gauges.add("beat_age_seconds", "Since a process said that it is alive.", age, who=name)
        gauges.add("beat_ok", "Whether it went well.", float(beat.ok), who=name)
    gauges.add("disk_free_bytes", "Left on the disk of the home.", house.free)
    gauges.add("disk_reserve_bytes", "What must be left there.", house.reserve)
    gauges.add("clock_offset_seconds", "This machine's clock less the database's.", house.clock_s)
    gauges.add("migrations_at_head", "Whether the database has this program's shape.", float(house.head))
    gauges.add("database_writes", "Whether a durable write went through.", float(house.fsync_s is not None))
    if house.fsync_s is not None:
        gauges.add("database_write_seconds", "What a write took, without its flush.", house.fsync_s)


def _watch(gauges: Gauges, one: TenantReading) -> None:
    tenant = one.tenant
    if one.chain is not None:
        about = "Since a synthetic alarm was sent that came through: the figure to watch."
        gauges.add("synthetic_alarm_age_seconds", about, one.chain.age_s, tenant=tenant)
    states = {"blind": len(one.blind), "degraded": one.degraded, "online": one.cameras - len(one.blind) - one.degraded}
    for state, count in states.items():
        gauges.add("cameras", "Cameras by state.", max(count, 0), tenant=tenant, state=state)
    metres = sum(each.metres for each in one.blind)
    gauges.add("unwatched_pipe_metres", "Pipe that nobody watches because cameras are blind.", metres, tenant=tenant)
    gauges.add("switches_off", "Kill switches that are off.", len(one.off), tenant=tenant)
    for (model, outcome), count in one.models.calls.items():
        about = "Batches through the house's own models in the last hour."
        gauges.add("model_calls", about, count, tenant=tenant, model=model, outcome=outcome)
    for outcome, count in one.models.questions.items():
        about = "Questions to vision endpoints in the last hour, by what came of them."
        gauges.add("vision_questions", about, count, tenant=tenant, outcome=outcome)
    asked = sum(one.models.questions.values())
    failed = asked - sum(one.models.questions.get(outcome, 0) for outcome in _ANSWERED)
    share = failed / asked if asked else 0.0
    gauges.add("vision_error_ratio", "Of the last hour's questions, those without an answer.", share, tenant=tenant)
    about = "Vision endpoints that are left alone because they failed."
    gauges.add("breakers_open", about, one.models.open_breakers, tenant=tenant)
    gauges.add("facts_stuck", "Facts that a stage could not take.", one.stuck, tenant=tenant)


def _people(gauges: Gauges, one: TenantReading) -> None:
    tenant, sites = one.tenant, one.sites
    gauges.add("sites_open", "Open sites.", sites.open, tenant=tenant)
    gauges.add("sites_without_owner", "Open sites that nobody has in hand.", sites.unowned, tenant=tenant)
    gauges.add("sites_without_deadline", "Open sites of which nothing becomes due.", sites.forgotten, tenant=tenant)
    overdue = 0.0 if sites.overdue_since is None else (one.at - sites.overdue_since).total_seconds()
    gauges.add("timers_late_seconds", "How late the oldest timer is.", max(overdue, 0.0), tenant=tenant)
    gauges.add("reviews_waiting", "Alarms that wait for a person's judgement.", one.reviews, tenant=tenant)
    since = 0.0 if one.reviews_since is None else (one.at - one.reviews_since).total_seconds()
    gauges.add("reviews_oldest_seconds", "How long the oldest has waited.", max(since, 0.0), tenant=tenant)
    for step, count in sites.steps.items():
        about = "Calls of the last hour by their step on the ladder."
        gauges.add("escalations", about, count, tenant=tenant, step=str(min(step, 9)))
    gauges.add("calls_held", "Calls that wait until somebody has room.", sites.held, tenant=tenant)
    most = max(sites.told, default=0)
    gauges.add("alarms_per_operator_max", "Annunciations in ten minutes to whoever had the most.", most, tenant=tenant)
    flooded = sum(count >= _FLOOD for count in sites.told)
    gauges.add("operators_flooded", "People who had ten or more in ten minutes.", flooded, tenant=tenant)
    gauges.add("areas_unstaffed", "Areas for which no dispatcher can be called.", len(one.unstaffed), tenant=tenant)
    gauges.add("nobody_on_duty", "Whether no dispatcher is on duty at all.", float(one.nobody), tenant=tenant)


def _messages(gauges: Gauges, one: TenantReading) -> None:
    tenant, sent = one.tenant, one.messages
    gauges.add("messages_waiting", "Deliveries that are due and not sent.", sent.waiting, tenant=tenant)
    age = 0.0 if sent.waiting_since is None else (one.at - sent.waiting_since).total_seconds()
    gauges.add("messages_oldest_seconds", "How long the oldest of them has been due.", max(age, 0.0), tenant=tenant)
    for (channel, state), count in sent.ended.items():
        about = "Deliveries made in the last hour, by what became of them."
        gauges.add("deliveries", about, count, tenant=tenant, channel=channel, state=state)
    for one_way in sent.channels:
        usable = one_way.set_up and one_way.real and not one_way.off
        about = "Whether somebody is reached by a channel."
        gauges.add("channel_usable", about, float(usable), tenant=tenant, channel=one_way.kind.value)
    gauges.add("subscriptions_paused", "Subscriptions that are paused.", len(sent.paused), tenant=tenant)
    about = "People on duty whom no channel reaches, by the last nightly check."
    gauges.add("unreachable_on_duty", about, sent.unreachable, tenant=tenant)
