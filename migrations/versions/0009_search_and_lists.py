"""French search over structures and offers; favourites and saved searches.

`search_documents` is written by triggers alone, so it is never late: a row for each structure
that is open, one for each of its published offers. `facets` holds what a visitor can narrow
by (s: sector, g: group, k: kind, d: department, t: service type, l: label, n: network, q: zone
of its seat, a: aim); `reach` where it works (in: a territory that holds the place, at: one that
the place holds). `searched_words` holds every word ever indexed, for the misspelt ones.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

FRENCH = """
CREATE TEXT SEARCH CONFIGURATION tandem_fr (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION tandem_fr
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE FUNCTION plain_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trim(regexp_replace(lower(public.unaccent('public.unaccent', said)),
                               '[^a-z0-9]+', ' ', 'g'))
$$
"""
ANCESTORS = """
CREATE FUNCTION territories_around(wanted text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_remove(array_agg(DISTINCT code), NULL) FROM (
        SELECT unnest(ARRAY[t.code, t.epci, t.department, t.region]) AS code
        FROM territories t WHERE t.code = wanted
        UNION ALL
        SELECT unnest(ARRAY[c.department, c.region]) FROM territories c WHERE c.epci = wanted
    ) AS around
$$
"""
REFRESH = """
CREATE FUNCTION refresh_search_documents(ids int[]) RETURNS void LANGUAGE plpgsql AS $$
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

OF_STRUCTURES = """
CREATE FUNCTION structures_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refresh_search_documents(ARRAY(SELECT id FROM new_rows));
    ELSE
        PERFORM refresh_search_documents(ARRAY(
            SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.name, n.brand, n.description, n.siret, n.kind, n.city, n.commune_code,
                   n.department_code, n.lat, n.lon, n.labels, n.networks, n.environmental_tags,
                   n.is_in_qpv, n.is_in_frr, n.is_active, n.sort_key)
                IS DISTINCT FROM
                  (o.name, o.brand, o.description, o.siret, o.kind, o.city, o.commune_code,
                   o.department_code, o.lat, o.lon, o.labels, o.networks, o.environmental_tags,
                   o.is_in_qpv, o.is_in_frr, o.is_active, o.sort_key)));
    END IF;
    RETURN NULL;
END $$
"""
OF_OFFERS = """
CREATE FUNCTION offers_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refresh_search_documents(ARRAY(
            SELECT DISTINCT structure_id FROM new_rows WHERE status = 'published'));
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM refresh_search_documents(ARRAY(
            SELECT structure_id FROM new_rows WHERE status = 'published'
            UNION
            SELECT structure_id FROM old_rows WHERE status = 'published'));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM refresh_search_documents(ARRAY(
            SELECT DISTINCT structure_id FROM old_rows WHERE status = 'published'));
    ELSE
        PERFORM refresh_search_documents(ARRAY(SELECT id FROM structures));
    END IF;
    RETURN NULL;
END $$
"""
OF_DETAILS = """
CREATE FUNCTION offer_details_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refresh_search_documents(ARRAY(
            SELECT DISTINCT o.structure_id FROM offers o JOIN new_rows n ON n.offer_id = o.id
            WHERE o.status = 'published'));
    ELSE
        PERFORM refresh_search_documents(ARRAY(
            SELECT DISTINCT o.structure_id FROM offers o JOIN old_rows n ON n.offer_id = o.id
            WHERE o.status = 'published'));
    END IF;
    RETURN NULL;
END $$
"""
OF_SITES = """
CREATE FUNCTION structure_sites_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refresh_search_documents(ARRAY(SELECT DISTINCT structure_id FROM old_rows));
    ELSE
        PERFORM refresh_search_documents(ARRAY(SELECT DISTINCT structure_id FROM new_rows));
    END IF;
    RETURN NULL;
END $$
"""
NEW, OLD = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
EVENTS = {"INSERT": NEW, "UPDATE": f"{NEW} {OLD}", "DELETE": OLD}
WATCHED = {
    "structures": ("structures_searched", ("INSERT", "UPDATE")),
    "offers": ("offers_searched", ("INSERT", "UPDATE", "DELETE")),
    "offer_sectors": ("offer_details_searched", ("INSERT", "DELETE")),
    "structure_sites": ("structure_sites_searched", ("INSERT", "UPDATE", "DELETE")),
    "offer_zones": ("offer_details_searched", ("INSERT", "DELETE")),
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(FRENCH)
    op.create_table(
        "search_documents",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("facets", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reach", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column("sort_key", sa.String(length=300, collation="C"), nullable=False),
        sa.Column("is_implied", sa.Boolean(), nullable=False),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_search_documents_structure_id_structures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
    )
    op.create_index(op.f("ix_search_documents_structure_id"), "search_documents", ["structure_id"])
    for column in ("words", "facets", "reach"):
        op.create_index(
            f"ix_search_documents_{column}",
            "search_documents",
            [column],
            postgresql_using="gin",
        )
    op.create_index("ix_search_documents_sort_key_id", "search_documents", ["sort_key", "id"])
    op.create_index(
        "ix_search_documents_name",
        "search_documents",
        ["name"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
        postgresql_where=sa.text("offer_id IS NULL"),
    )
    op.create_table(
        "searched_words",
        sa.Column("word", sa.String(length=30), nullable=False),
        sa.Column("stem", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_searched_words")),
    )
    op.create_index(op.f("ix_searched_words_stem"), "searched_words", ["stem"])
    op.create_index(
        "ix_searched_words_word",
        "searched_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    for function in (ANCESTORS, REFRESH, OF_STRUCTURES, OF_OFFERS, OF_DETAILS, OF_SITES):
        op.execute(function)
    for table, (function, events) in WATCHED.items():
        for event in events:
            op.execute(
                f"CREATE TRIGGER {table}_{event.lower()}_searched AFTER {event} ON {table} "
                f"REFERENCING {EVENTS[event]} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )
    op.execute(
        "CREATE TRIGGER offers_emptied_searched AFTER TRUNCATE ON offers "
        "FOR EACH STATEMENT EXECUTE FUNCTION offers_searched()"
    )
    op.execute("SELECT refresh_search_documents(ARRAY(SELECT id FROM structures))")
    op.create_table(
        "favourite_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_favourite_lists_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_favourite_lists_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite_lists")),
    )
    op.create_index(op.f("ix_favourite_lists_owner_id"), "favourite_lists", ["owner_id"])
    op.create_index(
        op.f("ix_favourite_lists_organisation_id"), "favourite_lists", ["organisation_id"]
    )
    op.create_table(
        "favourites",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["favourite_lists.id"],
            name=op.f("fk_favourites_list_id_favourite_lists"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_favourites_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["users.id"], name=op.f("fk_favourites_added_by_id_users")
        ),
        sa.PrimaryKeyConstraint("list_id", "structure_id", name=op.f("pk_favourites")),
    )
    op.create_index(op.f("ix_favourites_structure_id"), "favourites", ["structure_id"])
    op.create_index(op.f("ix_favourites_added_by_id"), "favourites", ["added_by_id"])
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("face", sa.String(length=20), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("is_watched", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_searches_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index(op.f("ix_saved_searches_user_id"), "saved_searches", ["user_id"])


def downgrade() -> None:
    for table in ("saved_searches", "favourites", "favourite_lists"):
        op.drop_table(table)
    op.execute("DROP TRIGGER offers_emptied_searched ON offers")
    for table, (_, events) in WATCHED.items():
        for event in events:
            op.execute(f"DROP TRIGGER {table}_{event.lower()}_searched ON {table}")
    for function in (
        "structure_sites_searched()",
        "offer_details_searched()",
        "offers_searched()",
        "structures_searched()",
        "refresh_search_documents(int[])",
        "territories_around(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("searched_words")
    op.drop_table("search_documents")
    op.execute("DROP FUNCTION plain_words(text)")
    op.execute("DROP TEXT SEARCH CONFIGURATION tandem_fr")
