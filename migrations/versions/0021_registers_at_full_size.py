"""Registers at full size: what offers are inferred to be, imports of networks.

`refresh_search_documents` is as migration 0009 wrote it, but for two things. It marks an implied
offer with the sectors that `offer_readings` infers (s: and g: as a declared one, i: besides). And
it waits while `tandem.documents_wait` says so in the transaction: taking a register in touches
each structure several times, and asks for its documents once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

REFRESH = """
CREATE OR REPLACE FUNCTION refresh_search_documents(ids int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tandem.documents_wait', true) = 'yes' THEN
        RETURN;  -- who takes structures in by the hundred asks for their documents once
    END IF;
    -- Two transactions that touch one structure follow each other: the second sees the first.
    PERFORM 1 FROM structures WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM search_documents WHERE structure_id = ANY(ids);
    INSERT INTO search_documents (
        structure_id, offer_id, title, name, words, facets, reach, lat, lon, radius_km,
        sort_key, is_implied, fresh_at
    )
    WITH seated AS (
        SELECT s.*, concat_ws(' ', s.name, s.brand) AS names,
            concat_ws(' ', s.city, s.kind, s.siret, left(s.siret, 9)) AS marks,
            ARRAY['k:' || s.kind]
                || CASE WHEN s.department_code IS NULL THEN '{}'
                        ELSE ARRAY['d:' || s.department_code] END
                || ARRAY(SELECT 'l:' || code FROM unnest(s.labels) AS code)
                || ARRAY(SELECT 'n:' || code FROM unnest(s.networks) AS code)
                || CASE WHEN s.is_in_qpv THEN ARRAY['q:qpv'] ELSE '{}' END
                || CASE WHEN s.is_in_frr THEN ARRAY['q:frr'] ELSE '{}' END
                || ARRAY(SELECT 'a:' || code FROM unnest(s.environmental_tags) AS code)
                AS own_facets,
            ARRAY(
                SELECT 'at:' || code
                FROM unnest(territories_around(coalesce(s.commune_code, s.department_code))) AS code
                UNION
                SELECT 'at:' || code
                FROM structure_sites p, unnest(territories_around(p.commune_code)) AS code
                WHERE p.structure_id = s.id) AS seats
        FROM structures s WHERE s.id = ANY(ids) AND s.is_active
    ), sold AS (
        SELECT o.*, coalesce(sector.names, '') AS sector_names,
            coalesce(sector.facets, '{}')
                || ARRAY(SELECT 't:' || code FROM unnest(o.service_types) AS code)
                || ARRAY(SELECT 'a:' || code FROM unnest(o.environmental_tags) AS code) AS facets,
            CASE o.coverage_type
                WHEN 'country' THEN ARRAY['in:FR']
                WHEN 'zones' THEN ARRAY(
                    SELECT 'in:' || z.territory_code FROM offer_zones z WHERE z.offer_id = o.id
                    UNION
                    SELECT 'at:' || code
                    FROM offer_zones z, unnest(territories_around(z.territory_code)) AS code
                    WHERE z.offer_id = o.id)
                ELSE '{}' END AS zones,
            CASE WHEN o.coverage_type = 'radius' THEN o.radius_km END AS reach_km
        FROM offers o
        CROSS JOIN LATERAL (
            SELECT array_agg('s:' || r.slug) || array_agg(DISTINCT 'g:' || r.group_slug)
                    || coalesce(array_agg('i:' || r.slug) FILTER (WHERE d.is_inferred), '{}')
                    AS facets,
                string_agg(r.name || ' ' || g.name, ' ') FILTER (WHERE NOT d.is_inferred) AS names
            FROM (
                SELECT sector_slug, false AS is_inferred FROM offer_sectors WHERE offer_id = o.id
                UNION ALL
                SELECT unnest(sector_slugs), true FROM offer_readings
                WHERE offer_id = o.id AND o.is_implied
            ) AS d
            JOIN sectors r ON r.slug = d.sector_slug
            JOIN sector_groups g ON g.slug = r.group_slug
        ) AS sector
        WHERE o.structure_id = ANY(ids) AND o.status = 'published'
    ), together AS (
        SELECT structure_id,
            string_agg(concat_ws(' ', title, sector_names), ' ') AS titles,
            string_agg(description, ' ') AS descriptions,
            max(reach_km) AS reach_km,
            bool_and(is_implied) AS is_implied,
            max(coalesce(published_at, created_at)) AS fresh_at
        FROM sold GROUP BY structure_id
    ), narrowing AS (
        SELECT structure_id, array_agg(DISTINCT facet) AS facets
        FROM sold, unnest(sold.facets) AS facet GROUP BY structure_id
    ), reaching AS (
        SELECT structure_id, array_agg(DISTINCT zone) AS zones
        FROM sold, unnest(sold.zones) AS zone GROUP BY structure_id
    )
    SELECT s.id, NULL, coalesce(nullif(s.brand, ''), s.name), plain_words(s.names),
        setweight(to_tsvector('tandem_fr', s.names), 'A')
            || setweight(to_tsvector('tandem_fr', coalesce(t.titles, '')), 'B')
            || setweight(to_tsvector('tandem_fr',
                left(concat_ws(' ', s.description, t.descriptions), 200000)), 'C')
            || setweight(to_tsvector('tandem_fr', s.marks), 'D'),
        ARRAY(SELECT DISTINCT unnest(s.own_facets || n.facets)), s.seats || coalesce(r.zones, '{}'),
        s.lat, s.lon, t.reach_km, s.sort_key, coalesce(t.is_implied, true),
        greatest(s.created_at, t.fresh_at)
    FROM seated s
    LEFT JOIN together t ON t.structure_id = s.id
    LEFT JOIN narrowing n ON n.structure_id = s.id
    LEFT JOIN reaching r ON r.structure_id = s.id
    UNION ALL
    SELECT s.id, o.id, o.title, '',
        setweight(to_tsvector('tandem_fr', o.title), 'A')
            || setweight(to_tsvector('tandem_fr', o.sector_names), 'B')
            || setweight(to_tsvector('tandem_fr', left(o.description, 200000)), 'C')
            || setweight(to_tsvector('tandem_fr', concat_ws(' ', s.names, s.marks)), 'D'),
        ARRAY(SELECT DISTINCT unnest(s.own_facets || o.facets)), s.seats || o.zones, s.lat, s.lon, o.reach_km, s.sort_key, o.is_implied,
        coalesce(o.published_at, o.created_at)
    FROM seated s JOIN sold o ON o.structure_id = s.id;
    INSERT INTO searched_words (word, stem)
    SELECT DISTINCT w.word, (ts_lexize('french_stem', w.word))[1]
    FROM (
        SELECT concat_ws(' ', s.name, s.brand, left(s.description, 20000)) AS said
        FROM structures s WHERE s.id = ANY(ids) AND s.is_active
        UNION ALL
        SELECT concat_ws(' ', o.title, left(o.description, 20000))
        FROM offers o WHERE o.structure_id = ANY(ids) AND o.status = 'published'
        UNION ALL
        SELECT r.name FROM offers o
        JOIN offer_sectors d ON d.offer_id = o.id JOIN sectors r ON r.slug = d.sector_slug
        WHERE o.structure_id = ANY(ids) AND o.status = 'published'
    ) AS indexed, regexp_split_to_table(plain_words(said), ' ') AS w (word)
    WHERE length(w.word) BETWEEN 4 AND 30 AND w.word !~ '^[0-9]'
        AND ts_lexize('french_stem', w.word) <> '{}'
        AND NOT EXISTS (SELECT FROM searched_words known WHERE known.word = w.word)
    ORDER BY w.word  -- so that two transactions never wait for each other
    ON CONFLICT DO NOTHING;
END $$
"""
REFRESH_OF_0009 = """
CREATE OR REPLACE FUNCTION refresh_search_documents(ids int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Two transactions that touch one structure follow each other: the second sees the first.
    PERFORM 1 FROM structures WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM search_documents WHERE structure_id = ANY(ids);
    INSERT INTO search_documents (
        structure_id, offer_id, title, name, words, facets, reach, lat, lon, radius_km,
        sort_key, is_implied, fresh_at
    )
    WITH seated AS (
        SELECT s.*, concat_ws(' ', s.name, s.brand) AS names,
            concat_ws(' ', s.city, s.kind, s.siret, left(s.siret, 9)) AS marks,
            ARRAY['k:' || s.kind]
                || CASE WHEN s.department_code IS NULL THEN '{}'
                        ELSE ARRAY['d:' || s.department_code] END
                || ARRAY(SELECT 'l:' || code FROM unnest(s.labels) AS code)
                || ARRAY(SELECT 'n:' || code FROM unnest(s.networks) AS code)
                || CASE WHEN s.is_in_qpv THEN ARRAY['q:qpv'] ELSE '{}' END
                || CASE WHEN s.is_in_frr THEN ARRAY['q:frr'] ELSE '{}' END
                || ARRAY(SELECT 'a:' || code FROM unnest(s.environmental_tags) AS code)
                AS own_facets,
            ARRAY(
                SELECT 'at:' || code
                FROM unnest(territories_around(coalesce(s.commune_code, s.department_code))) AS code
                UNION
                SELECT 'at:' || code
                FROM structure_sites p, unnest(territories_around(p.commune_code)) AS code
                WHERE p.structure_id = s.id) AS seats
        FROM structures s WHERE s.id = ANY(ids) AND s.is_active
    ), sold AS (
        SELECT o.*, coalesce(sector.names, '') AS sector_names,
            coalesce(sector.facets, '{}')
                || ARRAY(SELECT 't:' || code FROM unnest(o.service_types) AS code)
                || ARRAY(SELECT 'a:' || code FROM unnest(o.environmental_tags) AS code) AS facets,
            CASE o.coverage_type
                WHEN 'country' THEN ARRAY['in:FR']
                WHEN 'zones' THEN ARRAY(
                    SELECT 'in:' || z.territory_code FROM offer_zones z WHERE z.offer_id = o.id
                    UNION
                    SELECT 'at:' || code
                    FROM offer_zones z, unnest(territories_around(z.territory_code)) AS code
                    WHERE z.offer_id = o.id)
                ELSE '{}' END AS zones,
            CASE WHEN o.coverage_type = 'radius' THEN o.radius_km END AS reach_km
        FROM offers o
        CROSS JOIN LATERAL (
            SELECT array_agg('s:' || r.slug) || array_agg(DISTINCT 'g:' || r.group_slug) AS facets,
                string_agg(r.name || ' ' || g.name, ' ') AS names
            FROM offer_sectors d
            JOIN sectors r ON r.slug = d.sector_slug
            JOIN sector_groups g ON g.slug = r.group_slug
            WHERE d.offer_id = o.id
        ) AS sector
        WHERE o.structure_id = ANY(ids) AND o.status = 'published'
    ), together AS (
        SELECT structure_id,
            string_agg(concat_ws(' ', title, sector_names), ' ') AS titles,
            string_agg(description, ' ') AS descriptions,
            max(reach_km) AS reach_km,
            bool_and(is_implied) AS is_implied,
            max(coalesce(published_at, created_at)) AS fresh_at
        FROM sold GROUP BY structure_id
    ), narrowing AS (
        SELECT structure_id, array_agg(DISTINCT facet) AS facets
        FROM sold, unnest(sold.facets) AS facet GROUP BY structure_id
    ), reaching AS (
        SELECT structure_id, array_agg(DISTINCT zone) AS zones
        FROM sold, unnest(sold.zones) AS zone GROUP BY structure_id
    )
    SELECT s.id, NULL, coalesce(nullif(s.brand, ''), s.name), plain_words(s.names),
        setweight(to_tsvector('tandem_fr', s.names), 'A')
            || setweight(to_tsvector('tandem_fr', coalesce(t.titles, '')), 'B')
            || setweight(to_tsvector('tandem_fr',
                left(concat_ws(' ', s.description, t.descriptions), 200000)), 'C')
            || setweight(to_tsvector('tandem_fr', s.marks), 'D'),
        ARRAY(SELECT DISTINCT unnest(s.own_facets || n.facets)), s.seats || coalesce(r.zones, '{}'),
        s.lat, s.lon, t.reach_km, s.sort_key, coalesce(t.is_implied, true),
        greatest(s.created_at, t.fresh_at)
    FROM seated s
    LEFT JOIN together t ON t.structure_id = s.id
    LEFT JOIN narrowing n ON n.structure_id = s.id
    LEFT JOIN reaching r ON r.structure_id = s.id
    UNION ALL
    SELECT s.id, o.id, o.title, '',
        setweight(to_tsvector('tandem_fr', o.title), 'A')
            || setweight(to_tsvector('tandem_fr', o.sector_names), 'B')
            || setweight(to_tsvector('tandem_fr', left(o.description, 200000)), 'C')
            || setweight(to_tsvector('tandem_fr', concat_ws(' ', s.names, s.marks)), 'D'),
        ARRAY(SELECT DISTINCT unnest(s.own_facets || o.facets)), s.seats || o.zones, s.lat, s.lon, o.reach_km, s.sort_key, o.is_implied,
        coalesce(o.published_at, o.created_at)
    FROM seated s JOIN sold o ON o.structure_id = s.id;
    INSERT INTO searched_words (word, stem)
    SELECT DISTINCT w.word, (ts_lexize('french_stem', w.word))[1]
    FROM (
        SELECT concat_ws(' ', s.name, s.brand, left(s.description, 20000)) AS said
        FROM structures s WHERE s.id = ANY(ids) AND s.is_active
        UNION ALL
        SELECT concat_ws(' ', o.title, left(o.description, 20000))
        FROM offers o WHERE o.structure_id = ANY(ids) AND o.status = 'published'
        UNION ALL
        SELECT r.name FROM offers o
        JOIN offer_sectors d ON d.offer_id = o.id JOIN sectors r ON r.slug = d.sector_slug
        WHERE o.structure_id = ANY(ids) AND o.status = 'published'
    ) AS indexed, regexp_split_to_table(plain_words(said), ' ') AS w (word)
    WHERE length(w.word) BETWEEN 4 AND 30 AND w.word !~ '^[0-9]'
        AND ts_lexize('french_stem', w.word) <> '{}'
        AND NOT EXISTS (SELECT FROM searched_words known WHERE known.word = w.word)
    ORDER BY w.word  -- so that two transactions never wait for each other
    ON CONFLICT DO NOTHING;
END $$
"""
NEW, OLD = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
EVENTS = {"INSERT": NEW, "UPDATE": f"{NEW} {OLD}", "DELETE": OLD}


def upgrade() -> None:
    op.create_table(
        "offer_readings",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("sector_slugs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["offers.id"],
            name=op.f("fk_offer_readings_offer_id_offers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer_readings")),
    )
    op.execute(REFRESH)
    for event, rows in EVENTS.items():
        op.execute(
            f"CREATE TRIGGER offer_readings_{event.lower()}_searched AFTER {event} "
            f"ON offer_readings REFERENCING {rows} "
            "FOR EACH STATEMENT EXECUTE FUNCTION offer_details_searched()"
        )
    op.add_column("structure_imports", sa.Column("network_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_structure_imports_network_id_networks"),
        "structure_imports",
        "networks",
        ["network_id"],
        ["id"],
    )
    op.create_index(op.f("ix_structure_imports_network_id"), "structure_imports", ["network_id"])


def downgrade() -> None:
    op.drop_column("structure_imports", "network_id")
    for event in EVENTS:
        op.execute(f"DROP TRIGGER offer_readings_{event.lower()}_searched ON offer_readings")
    op.execute(REFRESH_OF_0009)
    op.drop_table("offer_readings")
