"""The index after any sequence of updates."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.matching.documents import Documents
from marketplace.matching.index import Index
from marketplace.matching.ranking import rank
from marketplace.territories.gazetteer import Gazetteer
from marketplace.text import stems
from tests.matching import cases

GAZETTEER = Gazetteer.shipped()
EVERYONE = 1_000_000

updates = st.lists(st.tuples(st.sampled_from("uuurp"), st.integers(0, 15), st.integers(0, 999)))


@given(updates=updates, seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_after_any_updates_it_ranks_like_an_index_built_anew(updates, seed):
    updated, current = Index(GAZETTEER), {}
    for what, number, drawn in updates:
        if what == "u":
            offer = cases.offer(cases.dice_of(drawn), number)
            current[offer.id] = offer
            updated.upsert([offer])
        elif what == "r":
            current.pop(f"o{number}", None)
            updated.remove([f"o{number}", "never-there"])
        else:
            updated.pack()
    anew = Index(GAZETTEER)
    anew.upsert(reversed(current.values()))
    dice = cases.dice_of(seed)
    for _ in range(3):
        need = cases.need(dice)
        assert rank(updated, need, EVERYONE) == rank(anew, need, EVERYONE)
    assert len(updated) == len(anew)


def test_the_last_of_two_offers_with_one_id_counts():
    offer = replace(cases.offer(cases.dice_of(1), 1), kind="EI", active=True, reachable=True)
    index = Index(GAZETTEER)
    index.upsert([offer, replace(offer, structure_id="last")])
    assert len(index) == 1
    index.upsert([replace(offer, active=False)])
    assert len(index) == 0


@given(text=st.text(max_size=200) | st.text("ab'’ -éÉœ\u00a0\n1.", max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_text_is_stemmed_token_by_token_as_it_would_be_whole(text):
    documents = Documents()
    documents.add([text])
    known = {term: stem for stem, term in documents.term_of.items()}
    assert sorted({known[t] for t in documents.terms.values.tolist()}) == sorted(set(stems(text)))


def test_a_misspelt_word_means_what_some_offer_says_today():
    documents = Documents()
    (mowing,) = documents.add(["tronçonnage"])
    assert documents.terms_asked("tronsonnage") == {0: "tronsonnage"}
    documents.drop(mowing)
    assert documents.terms_asked("tronsonnage") == {}
    documents.add(["tronçonnage"])
    assert documents.terms_asked("tronsonnage") == {0: "tronsonnage"}
