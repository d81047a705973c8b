"""Triggers that say which offers changed, so that each process can follow."""

from alembic import op

revision = "0002"
down_revision = "0001"

OF_OFFER = """
CREATE FUNCTION log_offer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offer_changes (offer_id)
    SELECT CASE WHEN TG_TABLE_NAME = 'offers' THEN (row_->>'id')::int
                ELSE (row_->>'offer_id')::int END
    FROM (SELECT to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END) AS row_) AS touched;
    RETURN NULL;
END $$
"""
OF_STRUCTURE = """
CREATE FUNCTION log_structure_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offer_changes (offer_id) SELECT id FROM offers WHERE structure_id = NEW.id;
    RETURN NULL;
END $$
"""
OF_ALL = """
CREATE FUNCTION log_every_offer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offer_changes (offer_id) VALUES (0);
    RETURN NULL;
END $$
"""
WATCHED = ("offers", "offer_sectors", "offer_zones")


def upgrade() -> None:
    for function in (OF_OFFER, OF_STRUCTURE, OF_ALL):
        op.execute(function)
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION log_offer_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_emptied AFTER TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION log_every_offer_change()"
        )
    op.execute(
        "CREATE TRIGGER structures_changed AFTER UPDATE ON structures "
        "FOR EACH ROW EXECUTE FUNCTION log_structure_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER structures_changed ON structures")
    for table in WATCHED:
        op.execute(f"DROP TRIGGER {table}_emptied ON {table}")
        op.execute(f"DROP TRIGGER {table}_changed ON {table}")
    for function in ("log_every_offer_change", "log_structure_change", "log_offer_change"):
        op.execute(f"DROP FUNCTION {function}()")
