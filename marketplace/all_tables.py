"""Imports every table, for Alembic and the tests."""

import marketplace.accounts.tables
import marketplace.answers.consortium_tables
import marketplace.answers.support_tables
import marketplace.answers.tables
import marketplace.audit
import marketplace.clauses.contract_tables
import marketplace.clauses.post_tables
import marketplace.clauses.tables
import marketplace.clauses.told_tables
import marketplace.delivering
import marketplace.digests.tables
import marketplace.files.tables
import marketplace.insights.spend_tables
import marketplace.insights.tables
import marketplace.lists.export_tables
import marketplace.lists.tables
import marketplace.mail
import marketplace.matching.tables
import marketplace.moderation.tables
import marketplace.needs.plan_tables
import marketplace.needs.tables
import marketplace.offers.tables
import marketplace.sectors.tables
import marketplace.structures.import_tables
import marketplace.structures.network_tables
import marketplace.structures.tables
import marketplace.territories.tables  # noqa: F401 - imported for what it declares
