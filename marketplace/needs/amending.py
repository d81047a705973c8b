"""Changing a need that was sent: what may change, and what did. Once it is published, all read
what changed; until then, it is between its buyer and its desk."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy.orm import Session

from marketplace.clock import PARIS
from marketplace.jobs import Job, enqueue
from marketplace.needs import drafting
from marketplace.needs.drafting import Answers, ChangedElsewhere, answers_of, fingerprint
from marketplace.needs.lifecycle import ForbiddenMove, Move, NotOpen, Status
from marketplace.needs.posting import need_for_update
from marketplace.needs.tables import Need, NeedAmendment, NeedQuestion

FIXED = frozenset({"organisation_id", "platform_id", "kind", "is_anonymous", "lots"})
"""Who asks, and what for: other answers to these make another need."""

TOGETHER = (
    ("place_type", "commune_code", "radius_km", "zones"),
    ("amount_min", "amount_max"),
)
"""Answers that mean nothing alone: one changes, all are kept."""


class DeadlineBroughtForward(Exception):
    """Structures count on the date that they were given: it is only ever put off."""

    def __init__(self, deadline_on: date) -> None:
        super().__init__(f"the deadline was {deadline_on}")
        self.deadline_on = deadline_on


class QuestionTakenBack(Exception):
    """Structures may have replied to a question already: it stays."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Decided(ForbiddenMove):
    """The page showed a need that waited for its desk, which decided meanwhile."""


WAITING = "waiting:"
"""Begins what was seen of a need that its desk has not decided of."""


def as_seen(need: Need, print_of: str) -> str:
    """What a page keeps of what it shows: nobody corrects a waiting need once it is published."""
    return f"{WAITING}{print_of}" if need.status == Status.SUBMITTED else print_of


def amendable() -> tuple[str, ...]:
    """The names of the answers that may change once a need is sent."""
    return tuple(name for name in drafting.ALL if name not in FIXED)


def differences(need: Need, answers: Answers) -> dict[str, list[Any]]:
    """What these answers would change: name → [before, after], as JSON holds them.

    Raises DeadlineBroughtForward, QuestionTakenBack: of a need that structures know, what they
    count on stays.
    """
    before = cast(dict[str, Any], answers_of(need))
    after = before | {name: said for name, said in answers.items() if name in amendable()}
    changed = {name for name in before if plain(before[name]) != plain(after[name])}
    if need.status != Status.SUBMITTED:
        _check_promises(before, after)
    for group in TOGETHER:
        if not changed.isdisjoint(group):
            changed |= set(group) & set(before)
    return {name: [plain(before[name]), plain(after[name])] for name in sorted(changed)}


def _check_promises(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    day, new_day = before["deadline_on"], after["deadline_on"]
    if day is not None and (new_day is None or new_day < day):
        raise DeadlineBroughtForward(day)
    for words in before["questions"]:
        if words not in after["questions"]:
            raise QuestionTakenBack(words)


def amend(
    session: Session, need_id: int, user_id: int, answers: Answers, seen: str, now: datetime
) -> NeedAmendment | None:
    """Change a need that is open or waits for its desk, and keep what changed; None when nothing
    did. An open one is ranked anew.

    `seen` is the fingerprint of `amendable()`, by `as_seen`, when the change was shown. Raises
    NotOpen, Decided, ChangedElsewhere, DeadlineBroughtForward, QuestionTakenBack.
    """
    need = need_for_update(session, need_id)
    check_changeable(need, seen, now)
    changes = differences(need, answers)
    if not changes:
        return None
    if (found := as_seen(need, fingerprint(need, amendable()))) != seen:
        raise ChangedElsewhere(need, found)
    return keep_changes(session, need, user_id, changes, answers, now)


def extend(
    session: Session, need_id: int, user_id: int, deadline_on: date, now: datetime
) -> NeedAmendment | None:
    """Put the deadline of an open need off; None when it is that day already. Raises as `amend`."""
    need = need_for_update(session, need_id)
    check_open(need, now)
    answers = Answers(deadline_on=deadline_on)
    changes = differences(need, answers)
    return keep_changes(session, need, user_id, changes, answers, now) if changes else None


def check_changeable(need: Need, seen: str, now: datetime) -> None:
    """Raises NotOpen; Decided, of a need that waited for its desk when it was seen."""
    is_waiting = need.status == Status.SUBMITTED
    if seen.startswith(WAITING) and not is_waiting:
        raise Decided(need.status, Move.SUBMIT)
    if not is_waiting:
        check_open(need, now)


def check_open(need: Need, now: datetime) -> None:
    """Raises NotOpen: not published, or its deadline's Paris day is over."""
    if not is_open_at(need, now):
        raise NotOpen(need.status, Move.CLOSE)


def is_open_at(need: Need, now: datetime) -> bool:
    """What queries.is_open says, of a need in hand."""
    today = now.astimezone(PARIS).date()
    return (
        need.status == Status.PUBLISHED
        and need.deadline_on is not None
        and need.deadline_on >= today
    )


def keep_changes(
    session: Session,
    need: Need,
    user_id: int,
    changes: Mapping[str, list[Any]],
    answers: Answers,
    now: datetime,
) -> NeedAmendment:
    """Write the answers that changed into a locked need, and a row that says so.

    Of one that waits for its desk, no structure knows anything: there is nothing to rank, nor
    to be dated for them.
    """
    is_waiting = need.status == Status.SUBMITTED
    kept = {"questions"} if not is_waiting else set()
    written = cast(
        Answers,
        {name: said for name, said in answers.items() if name in changes and name not in kept},
    )
    drafting.write_answers(need, written)
    if "questions" in changes and not is_waiting:
        _ask_more(need, changes["questions"][1])
    if not is_waiting:
        need.amended_at = now
    amendment = NeedAmendment(
        need_id=need.id, user_id=user_id, amended_at=now, changes=dict(changes)
    )
    session.add(amendment)
    session.flush()
    if not is_waiting:
        enqueue(session, Job.SHORTLIST_NEED, need_id=need.id)
    return amendment


def _ask_more(need: Need, questions: list[str]) -> None:
    """Renumber the questions that are there, whose replies stay, and add the new ones."""
    there = {question.words: question for question in need.questions}
    for number, words in enumerate(questions, start=1):
        if words in there:
            there[words].number = number
        else:
            need.questions.append(NeedQuestion(number=number, words=words))


def plain(value: Any) -> Any:
    """An answer as JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
