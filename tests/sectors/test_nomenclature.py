import pytest

from marketplace.sectors.lexicon import OUTSIDE, load, root
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS, SECTORS, group_of
from marketplace.text import slug


def test_there_are_20_groups_and_154_sectors_each_at_its_index() -> None:
    assert len(GROUPS) == 20
    assert len(SECTORS) == len(BY_SLUG) == 154
    assert [sector.index for sector in SECTORS] == list(range(154))


@pytest.mark.parametrize(
    "expected",
    [
        "collecte-5-flux-papier-metal-verre-et-bois-et-fournitures-d-entreprise",
        "collecte-des-dechets-dechets-d-equipements-electriques-et-electroniques-deee",
        "nettoyage-specifique-chantiers-parkings-hopitaux-hotellerie",
        "peche-pisciculture",
        "artisanat-d-art",
        "location-vente-de-materiels-industriels-chantiers",
        "maintenance-de-flottes-de-vehicules-velos-a-assistance-electrique-voitures",
        "autre-service-a-la-personne",
    ],
)
def test_a_slug_follows_from_the_name(expected: str) -> None:
    assert slug(BY_SLUG[expected].name) == expected


def test_a_group_keeps_its_sectors_together_and_in_alphabetical_order() -> None:
    for group in GROUPS:
        indexes = [sector.index for sector in SECTORS if sector.group == group]
        assert indexes == list(range(indexes[0], indexes[0] + len(indexes)))


def test_the_group_of_an_unknown_sector_is_an_error() -> None:
    assert group_of("blanchisserie") == "entretien-du-linge"
    with pytest.raises(KeyError):
        group_of("laverie")


def test_every_sector_is_known_by_five_terms_at_least() -> None:
    lexicon = load()
    terms_of = [0] * (OUTSIDE + 1)
    for terms in lexicon.terms.values():
        for term in terms:
            terms_of[term.index] += 1
    assert min(terms_of) >= 5


def test_a_sector_never_stands_beside_itself() -> None:
    also = [(index, *one) for index, others in load().also.items() for one in others.items()]
    assert all(index != other and 0 < share < 1 for index, other, share in also)


@pytest.mark.parametrize(
    ("one", "other"),
    [("locaux", "local"), ("intérieures".replace("é", "e"), "interieur"), ("eaux", "eau")],
)
def test_plural_and_feminine_share_a_root(one: str, other: str) -> None:
    assert root(one) == root(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("commune", "communication"), ("preventive", "prevention"), ("port", "porte")],
)
def test_words_that_a_stemmer_confuses_keep_apart(one: str, other: str) -> None:
    assert root(one) != root(other)
