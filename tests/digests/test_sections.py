"""What stands in a digest, in which order, under which subject."""

from datetime import date

import pytest

from marketplace.digests.sections import HEADINGS, ORDER, Item, kept, sections_of, subject_of
from marketplace.digests.topics import LABELS, UNASKED, Topic, topics_for


def item(topic: Topic, notice: int, until: date | None = None) -> Item:
    return Item(topic, (notice,), f"Chose {notice}", "/page", until=until)


def test_every_topic_has_its_place_its_words_and_its_rhythm() -> None:
    everybody = topics_for(buys=True, supplies=True, facilitates=True)
    for named in (ORDER, HEADINGS, LABELS, UNASKED, everybody):
        assert set(named) == set(Topic)


@pytest.mark.parametrize("topic", list(Topic))
def test_a_digest_is_called_by_its_one_thing_or_by_how_many(topic: Topic) -> None:
    assert subject_of(sections_of([item(topic, 1)])) == "Chose 1"
    many = [item(topic, number) for number in range(1, 13)]
    assert "12" in subject_of(sections_of(many))


def test_the_most_urgent_comes_first_and_what_has_no_day_last() -> None:
    [section] = sections_of(
        [
            item(Topic.NEEDS, 1),
            item(Topic.NEEDS, 2, date(2026, 12, 24)),
            item(Topic.NEEDS, 3, date(2026, 12, 1)),
        ]
    )
    assert [one["title"] for one in section["items"]] == ["Chose 3", "Chose 2", "Chose 1"]


def test_what_no_longer_holds_leaves_and_takes_its_section_with_it() -> None:
    told = sections_of([item(Topic.NEEDS, 1), item(Topic.NEEDS, 2), item(Topic.QUEUE, 3)])
    assert [section["topic"] for section in kept(told, {2})] == ["needs"]
    assert kept(told, set()) == []
