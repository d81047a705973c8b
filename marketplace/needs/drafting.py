"""Writing a need step by step, and sending it once it is whole."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import PurchasingMandate, User
from marketplace.clock import PARIS
from marketplace.needs import quality
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove, Move, Status
from marketplace.needs.posting import (
    LotDraft,
    lot_rows,
    make_move,
    need_for_update,
    question_rows,
    slug_of,
)
from marketplace.needs.quality import Remark
from marketplace.needs.tables import (
    Lever,
    Lot,
    Nature,
    Need,
    NeedKind,
    NeedSector,
    NeedZone,
    PlaceType,
    ResponseMode,
)


class Answers(TypedDict, total=False):
    """What a buyer says at one step; what is left out stays as it was.

    Lists are sorted, so that the same answers are equal however they were ticked; lots and
    questions keep the order that the buyer gave them.
    """

    organisation_id: int
    platform_id: int | None
    kind: NeedKind
    title: str
    description: str
    sectors: list[str]
    place_type: PlaceType | None
    commune_code: str | None
    radius_km: int | None
    zones: list[str]
    deadline_on: date | None
    service_types: list[str]
    kinds: list[str]
    include_country: bool
    nature: Nature | None
    amount_min: Decimal | None
    amount_max: Decimal | None
    is_amount_shared: bool
    cpv_codes: list[str]
    lots: list[LotDraft]
    starts_on: date | None
    duration_months: int | None
    asking_until: date | None
    response_modes: list[str]
    response_email: str
    response_phone: str
    response_url: str
    lever: Lever | None
    lever_reason: str
    environmental_tags: list[str]
    valued: list[str]
    is_anonymous: bool
    questions: list[str]


ALL = tuple(Answers.__annotations__)
"""The name of every answer: what is checked before sending."""


class ChangedElsewhere(Exception):
    """The answers are not those that the page showed: another tab or a colleague changed them.

    `fingerprint` is theirs, to be handed back by who chooses to write over them.
    """

    def __init__(self, need: Need, fingerprint: str) -> None:
        super().__init__(f"need {need.id} was changed elsewhere")
        self.saved_at = need.saved_at
        self.fingerprint = fingerprint


class Incomplete(Exception):
    """The need lacks what a desk must know; `remarks` says what, step by step."""

    def __init__(self, remarks: list[Remark]) -> None:
        super().__init__(", ".join(remark.code for remark in remarks))
        self.remarks = remarks


_IN_ORDER: Mapping[str, Callable[[Need], list[Any]]] = {
    "sectors": lambda need: sorted(sector.sector_slug for sector in need.sectors),
    "zones": lambda need: sorted(zone.territory_code for zone in need.zones),
    "service_types": lambda need: sorted(str(service) for service in need.service_types),
    "kinds": lambda need: sorted(str(kind) for kind in need.kinds),
    "cpv_codes": lambda need: sorted(need.cpv_codes),
    "lots": lambda need: [lot_draft(lot) for lot in need.lots],
    "response_modes": lambda need: sorted(str(mode) for mode in need.response_modes),
    "environmental_tags": lambda need: sorted(need.environmental_tags),
    "valued": lambda need: sorted(need.valued),
    "questions": lambda need: [question.words for question in need.questions],
}


def answers_of(need: Need) -> Answers:
    return cast(Answers, {name: _answer_of(need, name) for name in ALL})


def _answer_of(need: Need, name: str) -> object:
    in_order = _IN_ORDER.get(name)
    return in_order(need) if in_order else getattr(need, name)


def lot_draft(lot: Lot) -> LotDraft:
    """What a stored lot says."""
    return LotDraft(
        title=lot.title,
        description=lot.description,
        sectors=tuple(sorted(sector.sector_slug for sector in lot.sectors)),
        place_type=lot.place_type,
        commune_code=lot.commune_code,
        radius_km=lot.radius_km,
        zones=tuple(sorted(zone.territory_code for zone in lot.zones)),
        amount_min=lot.amount_min,
        amount_max=lot.amount_max,
        lever=lot.lever,
    )


def fingerprint(need: Need, names: Iterable[str]) -> str:
    """Short, and the same as long as nobody changes these answers."""
    return fingerprint_of([(name, _answer_of(need, name)) for name in sorted(names)])


def fingerprint_of(said: object) -> str:
    """The same for whatever is shown in full by its repr."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def new_key() -> str:
    """Drawn when an empty form is shown: a form sent twice makes one draft."""
    return secrets.token_hex(6)


def draft_begun(session: Session, author_id: int, key: str) -> Need | None:
    """The need that its author already began with this key."""
    begun = select(Need).where(Need.author_id == author_id, Need.slug.endswith(f"-{key}"))
    return session.scalars(begun).first()


def start_draft(
    session: Session, author_id: int, answers: Answers, key: str, now: datetime
) -> Need:
    """Write a draft down; the answers name at least its organisation, kind and title.

    Raises ValueError when they do not. One whose key is already begun comes back as it is.
    """
    if not {"organisation_id", "kind", "title"} <= set(answers):
        raise ValueError("a draft has an organisation, a kind and a title")
    # Two sendings of one form come one after the other.
    session.execute(select(User.id).where(User.id == author_id).with_for_update())
    if (begun := draft_begun(session, author_id, key)) is not None:
        return begun
    slug = slug_of(answers["title"], key)
    if session.scalar(select(Need.id).where(Need.slug == slug)) is not None:
        slug = slug_of(answers["title"], new_key())
    need = Need(slug=slug, author_id=author_id, status=Status.DRAFT, created_at=now, saved_at=now)
    write_answers(need, Answers(response_modes=[ResponseMode.HERE]) | answers)
    session.add(need)
    session.flush()
    return need


def save_draft(
    session: Session, need_id: int, answers: Answers, seen: str, names: Iterable[str], now: datetime
) -> tuple[Need, bool]:
    """Keep what one step says; the need, and whether that changed anything.

    `seen` is the fingerprint of the step's answers, `names`, when its page was shown. Raises
    ChangedElsewhere when they are other ones now, unless this step says the very same;
    ForbiddenMove when the need is no longer the buyer's to change.
    """
    need = need_for_update(session, need_id)
    if need.status not in EDITABLE:
        raise ForbiddenMove(need.status, Move.SUBMIT)
    before = answers_of(need)
    changed = cast(
        Answers, {name: said for name, said in answers.items() if before.get(name) != said}
    )
    if not changed:
        return need, False
    if (found := fingerprint(need, names)) != seen:
        raise ChangedElsewhere(need, found)
    write_answers(need, changed)
    need.saved_at = now
    session.flush()
    return need, True


def submit_draft(session: Session, need_id: int, user_id: int, seen: str, now: datetime) -> Need:
    """Send a draft, or a need that was sent back; its desk is for moderation.desks to find.

    `seen` is the fingerprint of all the answers that the buyer checked. Raises Incomplete,
    ChangedElsewhere, and ForbiddenMove, which is also what the second of two clicks meets.
    """
    need = need_for_update(session, need_id)
    if need.status not in EDITABLE:
        raise ForbiddenMove(need.status, Move.SUBMIT)
    if (found := fingerprint(need, ALL)) != seen:
        raise ChangedElsewhere(need, found)
    if missing := missing_of(session, need, now.astimezone(PARIS).date()):
        raise Incomplete(missing)
    make_move(session, need, Move.SUBMIT, user_id, now)
    return need


def missing_of(session: Session, need: Need, today: date) -> list[Remark]:
    """What keeps a need from being sent, a mandate that was taken back since included."""
    if need.platform_id is None:
        return quality.missing(need, today)
    mandate = session.get(PurchasingMandate, (need.platform_id, need.organisation_id))
    withdrawn = [] if mandate else [quality.NO_MANDATE]
    return [*withdrawn, *quality.missing(need, today)]


def discard_draft(session: Session, need_id: int) -> None:
    """Delete a need that was never sent. Raises ForbiddenMove for any other."""
    need = need_for_update(session, need_id)
    if need.status is not Status.DRAFT:
        raise ForbiddenMove(need.status, Move.WITHDRAW)
    session.delete(need)


def write_answers(need: Need, answers: Answers) -> None:
    rows = ("sectors", "zones", "lots", "questions")
    for name, said in answers.items():
        if name not in rows:
            setattr(need, name, said)
    if "sectors" in answers:
        need.sectors = [NeedSector(sector_slug=slug) for slug in answers["sectors"]]
    if "zones" in answers:
        need.zones = [NeedZone(territory_code=code) for code in answers["zones"]]
    if "lots" in answers:
        need.lots = lot_rows(answers["lots"])
    if "questions" in answers:
        need.questions = question_rows(answers["questions"])
