"""The register of documents: numbers without gaps side by side, hashes on the chain, tampering found, drafts bound."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from site_life import PERSON, WHOLE
from sqlalchemy import MetaData, text
from sqlalchemy.exc import IntegrityError

from pipewarden.act import service, store
from pipewarden.act.facts import Document, DocumentKind, Told
from pipewarden.act.service import Desk, Replacing, Wanted
from pipewarden.act.store import DocumentRow
from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import (
    Advanced,
    Arrived,
    Discovered,
    OwnerGiven,
    SiteState,
    StopOrdered,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import Base
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.main import documents
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from pipewarden.act.facts import Sheet
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.people.facts import Actor

OURS = ("act_documents", "act_document_numbers", "act_document_voids", "act_document_templates")
TOLD = Told(fields={"recipient": "示例市政", "place": "示例路"})
ACTOR = f"person:{PERSON}"
NOTICE = Wanted(DocumentKind.NOTICE, TOLD)


@dataclass(slots=True)
class Typewriter:
    """A press that types what it is given, so that what was printed can be read again."""

    typed: list[Sheet] = field(default_factory=list)
    jam: bool = False

    def pdf(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> bytes:
        if self.jam:
            raise InputError(field="document", problem="cannot be printed", fix="x")
        self.typed.append(sheet)
        return repr((sheet, sorted(images), at)).encode()

    def pages(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> list[bytes]:
        return [self.pdf(sheet, images, at)]

    def docx(self, sheet: Sheet, images: Mapping[str, bytes]) -> bytes:
        return repr((sheet, sorted(images))).encode()


@dataclass(slots=True)
class Office:
    """A site and who issues its papers."""

    work: Work
    desk: Desk
    press: Typewriter
    actor: Actor
    site: UUID
    made: int = 0

    def issue(self, wanted: Wanted = NOTICE, replacing: Replacing | None = None) -> Document:
        self.made += 1
        seen = service.draft(self.work, self.actor, self.desk, self.site, wanted).seen
        entropy = hashlib.sha256(f"{self.site} {self.made}".encode()).digest()
        return service.issue(
            self.work, self.actor, self.desk, self.site, wanted, seen=seen, entropy=entropy, replacing=replacing
        )


def office_of(work: Work, folder: Path) -> Office:
    press = Typewriter()
    desk = Desk(cast("Any", press), BlobStore(folder), cast("Any", None), "https://x.example")
    site = casework.open_site(work, Discovered(None, Zone.PROTECTION, 1, 116.7, 39.5, "a test"))
    return Office(work, desk, press, people.operator(work.tenant_id), site.id)


@pytest.fixture
def office(work: Work, tmp_path: Path) -> Office:
    return office_of(work, tmp_path)


def test_the_migrations_make_what_the_code_expects(home: Home) -> None:
    wanted = MetaData()
    for name in OURS:
        Base.metadata.tables[name].to_metadata(wanted)
    with home.factory.sessions() as session:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in OURS}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, wanted) == []


def test_what_is_issued_is_on_the_chain_and_a_changed_file_is_found(office: Office) -> None:
    made = office.issue()
    pdf = service.document_pdf(office.work, office.actor, office.desk, office.site, made.number)
    found = service.verify_file(office.work, pdf)
    assert found.document is not None
    assert (found.document.number, found.audited, found.broken) == (made.number, True, None)
    assert service.verify_file(office.work, pdf + b" ").document is None
    assert office.press.typed[-1].verify.startswith("https://x.example/verify/")
    assert office.press.typed[-1].mark == ""
    changed = hashlib.sha256(b"another").hexdigest()
    office.work.session.execute(text("UPDATE act_documents SET sha256 = :sha"), {"sha": changed})
    tampered = service.verify_file(office.work, b"another")
    assert tampered.document is not None
    assert not tampered.audited, "the register was changed, the chain was not"
    office.work.session.execute(text("UPDATE people_audit SET details = replace(details, 'notice', 'n0tice')"))
    assert service.verify_file(office.work, b"another").broken is not None


def test_a_void_that_was_taken_out_of_the_register_is_found(office: Office) -> None:
    made = office.issue()
    pdf = service.document_pdf(office.work, office.actor, office.desk, office.site, made.number)
    service.void(office.work, office.actor, office.site, made.number, "wrong")
    assert service.verify_file(office.work, pdf).agreed
    office.work.session.execute(text("DELETE FROM act_document_voids"))
    found = service.verify_file(office.work, pdf)
    assert (found.audited, found.agreed, found.broken) == (True, False, None)
    told = documents.verify(office.work, pdf)
    assert told["genuine"] is False
    assert "do not agree" in told["says"]
    office.work.session.execute(text("UPDATE act_documents SET number = '告知-2026-000099'"))
    assert not service.verify_file(office.work, pdf).audited, "the chain names another number"


def test_a_refusal_without_a_witness_is_not_issued(office: Office) -> None:
    for witness in ("", "\u200b"):
        told = replace(TOLD, refused=True, witness=witness)
        with pytest.raises(InputError) as caught, office.work.session.begin_nested():
            office.issue(Wanted(DocumentKind.NOTICE, told))
        assert caught.value.field == "witness"


def test_a_damaged_file_is_not_handed_out(office: Office, tmp_path: Path) -> None:
    made = office.issue()
    path = BlobStore(tmp_path / "documents" / str(office.work.tenant_id)).path(made.sha256)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match="does not match its hash"):
        service.document_pdf(office.work, office.actor, office.desk, office.site, made.number)


def test_what_cannot_be_printed_takes_no_number(office: Office) -> None:
    first = office.issue()
    office.press.jam = True
    with pytest.raises(InputError), office.work.session.begin_nested():
        office.issue()
    office.press.jam = False
    assert int(office.issue().number[-6:]) == int(first.number[-6:]) + 1


def test_a_draft_that_has_changed_is_not_issued(office: Office) -> None:
    seen = service.draft(office.work, office.actor, office.desk, office.site, NOTICE).seen
    other = replace(NOTICE, told=Told(fields=TOLD.fields | {"today": "挖机两台"}))
    with pytest.raises(RefusedError, match="not the present draft"):
        service.issue(office.work, office.actor, office.desk, office.site, other, seen=seen, entropy=b"x" * 16)
    colleague = replace(office.actor, name="somebody else")
    assert service.draft(office.work, colleague, office.desk, office.site, NOTICE).seen == seen


def test_papers_and_steps_name_each_other(office: Office) -> None:
    work, site = office.work, office.site
    held = casework.site(work, office.actor, site).site
    looked = (OwnerGiven(PERSON, "patroller", "near"), Arrived(WHOLE), Verified(true=True, code="digging", proof=WHOLE))
    casework.append(work, held, [*looked, Advanced(SiteState.NOTIFIED, WHOLE)], ACTOR)
    offered = service.offered(work, office.actor, site)
    about = next(one.about for one in offered if one.kind is DocumentKind.NOTICE)
    assert about is not None
    made = office.issue()
    assert made.event_id == made.about == about
    assert DocumentKind.NOTICE not in {one.kind for one in service.offered(work, office.actor, site)}
    service.void(work, office.actor, site, made.number, "wrong")
    assert DocumentKind.NOTICE in {one.kind for one in service.offered(work, office.actor, site)}


def test_a_leave_to_go_on_finds_the_number_of_the_stop_notice(office: Office) -> None:
    work, site = office.work, office.site
    stop_id = work.ids.new()
    held = casework.site(work, office.actor, site).site
    casework.append(work, held, [StopOrdered(stop_id, "危险")], ACTOR)
    made = office.issue(Wanted(DocumentKind.STOP, Told(fields={"recipient": "示例市政"})))
    source = service.source_of(work, office.actor, casework.site(work, office.actor, site), None)
    assert source.numbers == {stop_id: made.number}


def test_one_document_is_replaced_once(office: Office) -> None:
    wrong = office.issue()
    right = office.issue(replacing=Replacing(wrong.number, "写错"))
    assert right.replaces == wrong.id
    with pytest.raises(RefusedError, match="voided before"):
        office.issue(replacing=Replacing(wrong.number, "again"))
    with pytest.raises(IntegrityError), office.work.session.begin_nested():
        store.papers.add(
            office.work,
            replace(right, id=office.work.ids.new(), number="告知-2026-900000"),
            office.press.typed[-1],
            year=2026,
            place=900_000,
            token="t",  # noqa: S106  printed on a paper of a test
        )
    kept = {one.number: one for one in service.documents(office.work, office.actor, office.site)}
    assert kept[wrong.number].replaced_by == right.number
    assert kept[wrong.number].void is not None


def test_each_tenant_counts_for_itself_and_reads_only_its_own(office: Office, tmp_path: Path) -> None:
    mine = office.issue()
    work = office.work
    other_id = people.ensure_tenant(work.session, work.clock, work.ids, "papers-b").id
    other = office_of(replace(office.work, tenant_id=other_id), tmp_path)
    theirs = other.issue()
    assert theirs.number == mine.number
    assert [one.id for one in service.documents(other.work, other.actor, other.site)] == [theirs.id]


def test_numbers_are_free_of_gaps_side_by_side(home: Home, tmp_path: Path) -> None:
    """Eight hands issue at once and every third gives up at the last moment: its number is given again."""
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "papers-side").id
    with home.factory.begin(tenant) as work:
        site = office_of(work, tmp_path).site
    problems: list[BaseException] = []

    def hand(name: int) -> None:
        for turn in range(3):
            try:
                with suppress(_GivenUpError), home.factory.begin(tenant) as work:
                    replace(_at(work, tmp_path, site), made=100 * name + turn).issue()
                    _give_up(turn)
            except BaseException as error:
                problems.append(error)
                raise

    hands = [threading.Thread(target=hand, args=(name,)) for name in range(8)]
    for one in hands:
        one.start()
    for one in hands:
        one.join(60)
    assert problems == []
    with home.factory.begin(tenant) as work:
        numbers = sorted(one.number for one in store.papers.of(work, DocumentRow.tenant_id == tenant))
        assert [int(one[-6:]) for one in numbers] == list(range(1, 17))
        assert people.verify(work) is None


def test_two_hands_do_not_both_issue_the_first_report_of_a_strike(home: Home, tmp_path: Path) -> None:
    """Both have seen a first report; the second hand waits for the first, and is told that the draft is another now."""
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "papers-strike").id
    told = {"recipient": "应急管理局", "place": "示例路", "course": "挖断"}
    wanted = Wanted(DocumentKind.ACCIDENT, Told(fields=told))
    with home.factory.begin(tenant) as work:
        office = office_of(work, tmp_path)
        site = office.site
        casework.append(work, casework.site(work, office.actor, site).site, [Struck("挖断")], ACTOR)
        seen = service.draft(work, office.actor, office.desk, site, wanted).seen
    ends: list[str] = []

    def hand(name: bytes, meanwhile: Callable[[], None] | None = None) -> None:
        try:
            with home.factory.begin(tenant) as work:
                one = _at(work, tmp_path, site)
                service.issue(work, one.actor, one.desk, site, wanted, seen=seen, entropy=name * 16)
                if meanwhile is not None:
                    meanwhile()
            ends.append("issued")
        except RefusedError as error:
            ends.append(error.field)

    second = threading.Thread(target=hand, args=(b"b",))

    def until_it_waits() -> None:
        second.start()
        for _ in range(200):
            with home.factory.sessions() as session:
                waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                if session.scalar(text(waits)):
                    return
            time.sleep(0.05)

    hand(b"a", until_it_waits)
    second.join(60)
    assert sorted(ends) == ["issued", "seen"]


class _GivenUpError(Exception):
    pass


def _give_up(turn: int) -> None:
    if turn == 1:
        raise _GivenUpError


def _at(work: Work, folder: Path, site: UUID) -> Office:
    press = Typewriter()
    desk = Desk(cast("Any", press), BlobStore(folder), cast("Any", None))
    return Office(work, desk, press, people.operator(work.tenant_id), site)


def test_the_app_may_not_change_what_was_issued() -> None:
    for name in ("act_documents", "act_document_voids", "act_document_templates"):
        assert Base.metadata.tables[name].info["append_only"] is True


def test_a_draft_does_not_ask_what_may_come_next(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each next step needs is dear to ask, and no paper says it; violations keep their clause and penalty."""

    def never(*_given: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(casework, "onward", never)
    kind = casework.violation_kinds()["V-PLAN"]
    opened = ViolationOpened(office.work.ids.new(), "V-PLAN", kind.severity, kind.clause, "未见方案")
    site = casework_store.sites.lock(office.work, [office.site])[office.site]
    casework.append(office.work, site, [opened])
    wanted = Wanted(DocumentKind.RECTIFICATION, Told(fields={"recipient": "示例市政", "place": "示例路"}))
    made = service.draft(office.work, office.actor, office.desk, office.site, wanted)
    assert kind.clause in " ".join([*made.data.clauses, *made.data.fields.values()])
    assert kind.penalty in " ".join([*made.data.clauses, *made.data.fields.values()])
