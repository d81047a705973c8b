"""The demonstration is as good whatever the day it is loaded on."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from marketplace.clauses.contract_queries import reports_of
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.figures import figures_of
from marketplace.clauses.reported import ReportState
from marketplace.clock import end_of_day
from marketplace.db import transaction
from marketplace.demo.loading import load
from marketplace.jobs import Job
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.territories.gazetteer import Gazetteer

SUNDAY_BEFORE_NEW_YEAR = datetime(2026, 12, 27, 6, 0, tzinfo=UTC)
LAST_OF_MARCH = datetime(2027, 3, 31, 15, 0, tzinfo=UTC)
SUNDAY_THE_FIRST = datetime(2027, 8, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("now", [SUNDAY_BEFORE_NEW_YEAR, LAST_OF_MARCH, SUNDAY_THE_FIRST])
def test_whenever_it_is_loaded_its_past_is_past_and_its_deadlines_follow(session, asked_jobs, now):
    with transaction() as writing:
        load(writing, now)
        assert asked_jobs == []
    _check_jobs(session, asked_jobs, now)
    _check_needs(session, now)
    _check_contract(session, now)


def _check_jobs(session, asked_jobs, now):
    opened = session.scalars(select(Need.id).where(is_open(now))).all()
    assert len(opened) == 32
    asked = {ids["need_id"] for job, ids in asked_jobs if job == Job.SHORTLIST_NEED}
    assert set(opened) <= asked


def _check_needs(session, now):
    for need in session.scalars(select(Need).where(Need.status != Status.DRAFT)):
        moved = [move.moved_at for move in need.moves]
        assert moved == sorted(moved)
        assert moved[0] >= need.created_at
        assert moved[-1] < now
        assert (end_of_day(need.deadline_on) > now) == (
            need.status not in {Status.CLOSED, Status.AWARDED}
        )
        if need.status == Status.PUBLISHED:
            days = (need.deadline_on - now.date()).days
            assert 5 <= days <= 60


def _check_contract(session, now):
    """Two employers reported four months; the desk has the last to validate."""
    (contract,) = session.scalars(select(Contract))
    assert contract.starts_on < now.date() < contract.ends_on
    assert contract.lots[0].planned_hours > 1000
    assert contract.need.moves[-1].moved_at.date() < contract.starts_on
    reports = reports_of(session, contract.id)
    assert len({report.month for report in reports}) == 4
    assert len({report.employer_id for report in reports}) == 2
    assert all(report.sent_at < now for report in reports)
    last = max(report.month for report in reports)
    for report in reports:
        assert (report.state == ReportState.SENT) == (report.month == last)
    assert figures_of(session, Gazetteer.shipped(), "25056").achieved > 300
