"""Imports every table, for Alembic and the tests."""

import marketplace.accounts.tables
import marketplace.audit
import marketplace.mail
import marketplace.matching.tables
import marketplace.moderation.tables
import marketplace.needs.tables
import marketplace.offers.tables
import marketplace.sectors.tables
import marketplace.structures.tables
import marketplace.territories.tables  # noqa: F401 - imported for what it declares
