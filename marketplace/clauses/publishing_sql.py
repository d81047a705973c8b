"""The statements by which hours are told: sums over all lines, which SQL makes best."""

from sqlalchemy import text

ANYTHING = text(
    "SELECT 1 FROM hour_reports r WHERE r.state = 'validated' AND r.month < :first LIMIT 1"
)

PART_HOURS = text("""
DELETE FROM told_reports WHERE (told_on, told_at) IN (
    SELECT told_on, told_at
    FROM (
        SELECT told.told_on, told.told_at, r.month, sum(l.people) AS people
        FROM told_reports told
        JOIN hour_reports r ON r.id = told.report_id
        JOIN hour_lines l ON l.report_id = r.id
        GROUP BY 1, 2, 3
    ) AS by_month
    GROUP BY 1, 2
    HAVING max(people) BETWEEN 1 AND :few - 1
)
""")

PART_ENTRIES = text("""
UPDATE told_reports SET entered_on = NULL, entered_at = NULL
WHERE (entered_on, entered_at) IN (
    SELECT told.entered_on, told.entered_at
    FROM told_reports told JOIN hour_lines l ON l.report_id = told.report_id
    GROUP BY 1, 2
    HAVING sum(l.new_people) BETWEEN 1 AND :few - 1
)
""")

WAITING = text("""
SELECT c.territory_code, r.month, sum(l.people)::int
FROM hour_reports r
JOIN hour_lines l ON l.report_id = r.id
JOIN contract_lots t ON t.id = r.lot_id
JOIN contracts c ON c.id = t.contract_id
WHERE r.state = 'validated' AND r.month < :first AND NOT EXISTS (
    SELECT FROM told_reports told WHERE told.report_id = r.id
)
GROUP BY 1, 2
""")

TELL = text("""
INSERT INTO told_reports (report_id, told_at, told_on)
SELECT r.id, placed.node, :today
FROM hour_reports r
JOIN contract_lots t ON t.id = r.lot_id
JOIN contracts c ON c.id = t.contract_id
JOIN unnest(CAST(:leaves AS text[]), CAST(:nodes AS text[])) AS placed(leaf, node)
    ON placed.leaf = c.territory_code
WHERE r.state = 'validated' AND r.month < :first AND NOT EXISTS (
    SELECT FROM told_reports told WHERE told.report_id = r.id
)
""")

DETAIL = text("UPDATE told_reports SET detailed_on = :today WHERE detailed_on IS NULL")

ENTERED = text("""
SELECT told.told_at, sum(l.new_people)::int
FROM told_reports told JOIN hour_lines l ON l.report_id = told.report_id
WHERE told.entered_at IS NULL
GROUP BY 1
""")

TELL_ENTRIES = text("""
UPDATE told_reports SET entered_on = :today, entered_at = placed.node
FROM unnest(CAST(:leaves AS text[]), CAST(:nodes AS text[])) AS placed(leaf, node)
WHERE placed.leaf = told_at AND entered_at IS NULL
""")

TOTALS = text("""
INSERT INTO told_totals (territory_code, hours, new_people)
SELECT held.code, sum(counted.hours), sum(counted.new_people)
FROM (
    SELECT told.told_at AS code, sum(l.hours) AS hours, NULL::bigint AS new_people
    FROM told_reports told JOIN hour_lines l ON l.report_id = told.report_id
    GROUP BY 1
    UNION
    SELECT told.entered_at, NULL, sum(l.new_people)
    FROM told_reports told JOIN hour_lines l ON l.report_id = told.report_id
    WHERE told.entered_at IS NOT NULL
    GROUP BY 1
    UNION
    SELECT c.territory_code, NULL, NULL
    FROM hour_reports r
    JOIN contract_lots t ON t.id = r.lot_id
    JOIN contracts c ON c.id = t.contract_id
    JOIN hour_lines l ON l.report_id = r.id
    WHERE r.state = 'validated' AND r.month < :first AND l.people > 0
) AS counted
JOIN territories place ON place.code = counted.code
CROSS JOIN LATERAL (
    SELECT above.code
    FROM territories above
    WHERE above.code IN (place.code, place.epci, place.department, place.region, :country)
    UNION
    SELECT min(member.department) FROM territories member
    WHERE member.epci = place.code HAVING count(DISTINCT member.department) = 1
    UNION
    SELECT min(member.region) FROM territories member
    WHERE member.epci = place.code HAVING count(DISTINCT member.region) = 1
) AS held
GROUP BY 1
""")


HOURS = text("""
SELECT part, CASE WHEN public IS NOT NULL THEN 'public'
            WHEN sex IS NOT NULL THEN 'sex'
            WHEN age IS NOT NULL THEN 'age'
            WHEN district IS NOT NULL THEN 'district'
            ELSE 'month' END AS dimension, decided,
       coalesce(public, sex, age, district, month::text) AS value,
       sum(hours), max(people)::int
FROM (
    SELECT within.part, told.detailed_on AS decided, r.month, l.public, l.sex, l.age, l.district,
           sum(l.hours) AS hours, sum(l.people) AS people
    FROM told_reports told
    JOIN unnest(CAST(:nodes AS text[]), CAST(:parts AS text[])) AS within(node, part)
        ON within.node = told.told_at
    JOIN hour_reports r ON r.id = told.report_id
    JOIN hour_lines l ON l.report_id = r.id
    WHERE told.detailed_on IS NOT NULL
    GROUP BY GROUPING SETS (
        (part, decided, month),
        (part, decided, month, public),
        (part, decided, month, sex),
        (part, decided, month, age),
        (part, decided, month, district)
    )
) AS by_month
GROUP BY 1, 2, 3, 4
HAVING max(people) > 0
""")

ENTRIES = text("""
SELECT part, CASE WHEN public IS NOT NULL THEN 'public'
            WHEN sex IS NOT NULL THEN 'sex'
            WHEN age IS NOT NULL THEN 'age'
            ELSE 'district' END AS dimension, decided,
       coalesce(public, sex, age, district) AS value, people::int
FROM (
    SELECT within.part, told.entered_on AS decided, l.public, l.sex, l.age, l.district,
           sum(l.new_people) AS people
    FROM told_reports told
    JOIN unnest(CAST(:nodes AS text[]), CAST(:parts AS text[])) AS within(node, part)
        ON within.node = told.entered_at
    JOIN hour_lines l ON l.report_id = told.report_id
    GROUP BY GROUPING SETS (
        (part, decided, public), (part, decided, sex), (part, decided, age),
        (part, decided, district)
    )
) AS counted
WHERE people > 0
""")
