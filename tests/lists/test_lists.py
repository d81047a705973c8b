"""Lists kept alone or shared, and searches told of."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.lists import favouring
from marketplace.lists.queries import asked_by, favourites_in, lists_holding, results_between
from marketplace.lists.saving_searches import MOST_SEARCHES, TooManySearches, save_search
from marketplace.offers.narrowing import Asked, Face
from tests.factories import people
from tests.factories.market import MARSEILLE, MONDAY, offer, structure


def test_a_structure_stands_in_several_lists_and_its_notes_stay_when_it_is_kept_again(
    session: Session,
) -> None:
    person, here = people.user(session), structure(session)
    first, second = (
        favouring.open_list(session, person.id, name, None, MONDAY) for name in ("Un", "Deux")
    )
    both = [first, second]
    favouring.keep(session, here.id, person.id, both, both, MONDAY)
    kept = session.scalars(favourites_in(first.id)).one()
    favouring.note(session, kept, "À rappeler", first, MONDAY)
    favouring.keep(session, here.id, person.id, [first], both, MONDAY)
    assert lists_holding(session, here.id, both) == {first.id}
    assert session.scalars(favourites_in(first.id)).one().note == "À rappeler"


def test_there_is_an_end_to_what_one_list_holds_and_to_the_lists_of_one_person(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favouring, "MOST_KEPT", 1)
    monkeypatch.setattr(favouring, "MOST_LISTS", 1)
    person = people.user(session)
    only = favouring.open_list(session, person.id, "La seule", None, MONDAY)
    favouring.keep(session, structure(session).id, person.id, [only], [only], MONDAY)
    with pytest.raises(favouring.TooMany):
        favouring.keep(session, structure(session).id, person.id, [only], [only], MONDAY)
    with pytest.raises(favouring.TooMany):
        favouring.open_list(session, person.id, "De trop", None, MONDAY)


def test_a_saved_search_tells_what_came_since_and_answers_to_it(session: Session) -> None:
    person = people.user(session)
    asked = Asked(words="tonte", where="Besançon", ticked=(("type", "ACI"),))
    saved = save_search(session, person.id, "Tonte", Face.STRUCTURES, asked, True, MONDAY)
    assert asked_by(saved) == asked
    came = {"Ici": MONDAY, "Depuis longtemps": MONDAY - timedelta(days=30)}
    for name, at in came.items():
        one = structure(session, name)
        one.created_at = at
        session.flush()
        offer(session, one, title="Tonte").created_at = at
    offer(session, structure(session, "Là-bas", MARSEILLE), title="Tonte")
    session.commit()
    since = MONDAY - timedelta(days=1)
    new = results_between(session, saved, since, clock.now())
    told = [result.structure.name for result in new]
    assert told == ["Ici"]


def test_a_search_whose_place_lost_its_name_finds_nothing(session: Session) -> None:
    asked = Asked(where="Qwxzville")
    structure(session)
    person = people.user(session)
    saved = save_search(session, person.id, "Ailleurs", Face.OFFERS, asked, True, MONDAY)
    assert results_between(session, saved, MONDAY - timedelta(days=900), clock.now()) == []


def test_nobody_keeps_more_searches_than_can_be_told(session: Session) -> None:
    person, asked = people.user(session), Asked(words="tonte")
    for number in range(MOST_SEARCHES):
        save_search(session, person.id, f"N° {number}", Face.OFFERS, asked, True, MONDAY)
    with pytest.raises(TooManySearches):
        save_search(session, person.id, "De trop", Face.OFFERS, asked, True, MONDAY)
