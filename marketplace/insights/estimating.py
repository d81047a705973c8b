"""The potential of a programme with the structures of today, and studies that are kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.clock import PARIS
from marketplace.insights.potential import (
    ASKED,
    HELD,
    Answering,
    Choice,
    Potential,
    assess,
    sectors_of,
)
from marketplace.insights.programme import Project
from marketplace.insights.spend_tables import PotentialStudy
from marketplace.matching.live_index import live_index
from marketplace.matching.ranking import eligible_structures
from marketplace.matching.shapes import Need as NeedShape
from marketplace.matching.what_if import CLOSE_KM
from marketplace.sectors.suggesting import Suggestion
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.coverage import Place
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind
from marketplace.territories.queries import gazetteer


@dataclass(frozen=True)
class Estimate:
    """Each purchase, and what they come to by what is advised: how many, and euros of a year."""

    potentials: Sequence[Potential]
    by_choice: Mapping[Choice, tuple[int, Decimal]]

    @property
    def annual(self) -> Decimal:
        return sum((one.project.annual for one in self.potentials), Decimal(0))

    @property
    def held(self) -> Decimal:
        """Euros of a year of the purchases that structures could hold, whole or in part."""
        return self._of(HELD)

    @property
    def asked(self) -> Decimal:
        """Euros of a year of those that leave a clause or a criterion to ask for."""
        return self._of(ASKED)

    def _of(self, choices: Collection[Choice]) -> Decimal:
        return sum((self.by_choice[one][1] for one in choices if one in self.by_choice), Decimal(0))


def estimate(
    session: Session, projects: Sequence[Project], buyer_kind: str, now: datetime
) -> Estimate:
    """Nothing is kept. Structures are those that the ranking would find eligible."""
    places = gazetteer(session)
    found: list[tuple[Project, list[Suggestion], dict[str, float | None]]] = []
    with live_index.reading(session, now) as index:
        for project in projects:
            sectors = sectors_of(project)
            able = {}
            if sectors:
                able = eligible_structures(index, _need(project, sectors, places, now))
            found.append((project, sectors, able))
    known = _structures(session, {int(id_) for _, _, able in found for id_ in able})
    today = now.astimezone(PARIS).date()
    potentials = [
        assess(
            project,
            sectors,
            [
                Answering(*known[int(id_)], is_close=km is not None and km < CLOSE_KM)
                for id_, km in able.items()
                if int(id_) in known
            ],
            buyer_kind,
            today,
        )
        for project, sectors, able in found
    ]
    by_choice: dict[Choice, tuple[int, Decimal]] = {}
    for one in potentials:
        count, annual = by_choice.get(one.choice, (0, Decimal(0)))
        by_choice[one.choice] = (count + 1, annual + one.project.annual)
    return Estimate(potentials, by_choice)


def keep_study(
    session: Session, organisation_id: int, author_id: int, name: str, lines: str, now: datetime
) -> PotentialStudy:
    study = PotentialStudy(
        organisation_id=organisation_id,
        author_id=author_id,
        name=name,
        lines=lines,
        created_at=now,
    )
    session.add(study)
    session.flush()
    return study


def drop_study(session: Session, study_id: int) -> None:
    """Raises NoResultFound."""
    session.delete(session.get_one(PotentialStudy, study_id, with_for_update=True))


def studies_of(organisation_ids: Collection[int]) -> Select[PotentialStudy]:
    """Latest first."""
    theirs = select(PotentialStudy).where(PotentialStudy.organisation_id.in_(organisation_ids))
    return theirs.order_by(PotentialStudy.created_at.desc(), PotentialStudy.id.desc())


def _need(
    project: Project, sectors: Sequence[Suggestion], places: Gazetteer, now: datetime
) -> NeedShape:
    if places.zone_kind(project.code) is ZoneKind.COMMUNE:
        place = Place("point", commune=project.code)
    elif project.code == COUNTRY:
        place = Place("zones", codes=tuple(region.code for region in places.regions))
    else:
        place = Place("zones", codes=(project.code,))
    return NeedShape(
        id="0",
        place=place,
        title=project.title,
        sectors=tuple(sorted(one.slug for one in sectors)),
        on=now.astimezone(PARIS).date(),
    )


def _structures(
    session: Session, ids: Collection[int]
) -> dict[int, tuple[Kind, int | None, int | None]]:
    rows = session.execute(
        select(Structure.id, Structure.kind, Structure.turnover, Structure.team_insertion).where(
            Structure.id.in_(ids)
        )
    )
    return {id_: (Kind(kind), turnover, team) for id_, kind, turnover, team in rows}
