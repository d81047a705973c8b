"""Which lever is advised for which purchase, and what the law asks."""

from datetime import date
from decimal import Decimal

from marketplace.clauses.advice import Advice, Fit, Situation
from marketplace.clauses.levers import advise, duty
from marketplace.clauses.texts import texts
from marketplace.clauses.trades import trade_of, trades
from marketplace.needs.tables import Lever
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.kinds import Kind

TODAY = date(2026, 11, 24)
MANY = {Kind.EI: 4, Kind.ESAT: 5, Kind.SEP: 1}


def _advised(**said: object) -> dict[str, Advice]:
    known = {"nature": "services", "buyer_kind": "commune", "on": TODAY}
    situation = Situation(**known | said)  # type: ignore[arg-type]  # a test's own values
    return {advice.lever: advice for advice in advise(situation)}


def test_every_lever_a_need_may_have_is_advised_upon_with_its_articles() -> None:
    found = _advised()
    assert set(found) == set(Lever) - {Lever.NONE}
    assert all(
        advice.articles and advice.conditions and advice.wording for advice in found.values()
    )


def test_a_reservation_is_advised_where_enough_structures_could_answer() -> None:
    found = _advised(answering=MANY)
    assert found["reserved_insertion"].fit is Fit.ADVISED
    assert found["reserved_insertion"].could_answer == 4
    assert found["reserved_both"].could_answer == 9
    assert _advised(answering={Kind.EI: 1})["reserved_insertion"].fit is Fit.POSSIBLE
    assert _advised(answering={})["reserved_handicap"].fit is Fit.UNLIKELY


def test_while_nobody_looked_nothing_is_said_of_who_could_answer() -> None:
    for advice in _advised().values():
        assert advice.could_answer is None
        assert "Aucun" not in advice.why
    assert _advised()["reserved_insertion"].fit is Fit.POSSIBLE
    assert "Dites ce que vous cherchez" in _advised()["subcontracting"].why


def test_a_small_purchase_is_bought_directly_and_neither_reserved_nor_given_hours() -> None:
    found = _advised(amount=Decimal(5_000), answering=MANY)
    assert next(iter(found)) == "", "it comes first"
    assert (found[""].fit, found[""].could_answer) == (Fit.ADVISED, 10)
    assert found[""].articles == (texts()["R2122-8"],)
    assert [one.lever for one in found.values() if one.fit is Fit.ADVISED] == [""]
    assert found["execution"].fit is Fit.UNLIKELY
    assert "" not in _advised(amount=Decimal(60_000), answering=MANY)
    assert "" in _advised(amount=Decimal(99_999), nature="works")
    assert _advised(amount=Decimal(5_000), answering={})[""].fit is Fit.UNLIKELY
    assert _advised(amount=Decimal(5_000))[""].fit is Fit.POSSIBLE


def test_social_services_owe_considerations_from_their_own_threshold_only() -> None:
    def owed(amount: int, nature: str = "services") -> bool:
        return duty(nature, "commune", Decimal(amount), TODAY, is_social_service=True) is not None

    assert not owed(300_000)
    assert not owed(749_999)
    assert owed(750_000)
    assert owed(300_000, "supplies"), "which are no services at all"
    found = duty("services", "state", Decimal(750_000), TODAY, is_social_service=True)
    assert found is not None
    assert "750\u202f000\u00a0€ HT pour un service social" in found.sentence
    told = _advised(amount=Decimal(300_000), is_social_service=True)
    assert "Obligatoire" not in told["execution"].why


def test_a_criterion_on_the_environment_is_asked_by_the_day_and_not_by_the_amount() -> None:
    for amount in (None, Decimal(5_000), Decimal(300_000)):
        told = _advised(amount=amount)["criterion"]
        assert any("quel que soit le montant" in point for point in told.verify)
        assert texts()["R2152-7"] in told.articles
    before = _advised(amount=Decimal(300_000), on=date(2026, 8, 20))["criterion"]
    assert not any("environnement" in words for words in (*before.verify, *before.conditions))
    assert not texts()["R2152-7"].is_sure


def test_hours_are_asked_for_where_they_make_a_path_and_not_for_a_few_days() -> None:
    assert _advised(hours=900.0)["execution"].fit is Fit.ADVISED
    small = _advised(hours=40.0, answering=MANY)
    assert (small["execution"].fit, small["subcontracting"].fit) == (Fit.UNLIKELY, Fit.ADVISED)


def test_above_the_european_threshold_social_considerations_are_a_duty() -> None:
    amount = Decimal(216_000)
    assert duty("services", "commune", amount, TODAY) is not None
    assert duty("services", "commune", amount - 1, TODAY) is None
    assert duty("services", "state", Decimal(140_000), TODAY) is not None
    assert duty("works", "commune", amount, TODAY) is None
    assert duty("services", "commune", amount, date(2026, 8, 20)) is None
    assert duty("services", "commune", None, TODAY) is None
    assert _advised(amount=amount)["execution"].fit is Fit.ADVISED


def test_what_a_source_leaves_uncertain_is_marked_to_be_verified() -> None:
    unsure = {article for article, text in texts().items() if not text.is_sure}
    assert {"L2113-15", "R2123-1", "L2112-2-1"} <= unsure
    assert all(text.source and text.mark in ("V", "V2", "U") for text in texts().values())


def test_trades_propose_a_share_and_know_their_sectors() -> None:
    for trade in trades().values():
        assert 0 < trade.low <= trade.high <= 100
        assert set(trade.sectors) <= set(BY_SLUG)
    found = trade_of(["nettoyage-de-locaux"])
    assert found is not None
    assert found.takes_over
    assert trade_of(["nettoyage-de-locaux", "electricite"]) is None
