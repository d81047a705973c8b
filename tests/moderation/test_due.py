"""When something is due, in working days."""

from datetime import datetime

import pytest

from marketplace.clock import PARIS
from marketplace.moderation.due import in_words

THURSDAY = datetime(2026, 12, 24, 10, 0, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        (24, 18, "aujourd'hui, 18\u00a0h\u00a000"),
        (28, 18, "dans 1\u00a0jour ouvré"),  # Christmas and a weekend between
        (30, 18, "dans 3\u00a0jours ouvrés"),
        (24, 9, "en retard depuis ce jour"),
        (22, 18, "en retard de 2\u00a0jours ouvrés"),
        (18, 18, "en retard de 4\u00a0jours ouvrés"),
    ],
)
def test_holidays_and_weekends_do_not_count(day: int, hour: int, said: str) -> None:
    assert in_words(datetime(2026, 12, day, hour, 0, tzinfo=PARIS), THURSDAY) == said
