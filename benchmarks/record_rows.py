"""Records in great number, made by the database itself. Without files: lists need none."""

from django.contrib.auth import get_user_model
from django.db import connection

OTHERS = 90
"""Nine in ten records are theirs, in equal parts; the tenth are the first person's."""

MEDIA = """
INSERT INTO records_media (id, owner_id, kind, file_name, original, thumbnail, content_type, size,
    width, height, consent_at, purpose, keep, created_at)
SELECT md5('media' || i)::uuid, owner, kind, 'IMG_' || i || '.jpg', 'o.jpg', 't.webp',
    'image/jpeg', 1000, 640, 480, at, '', 'all', at FROM made
"""
RECORDS = """
INSERT INTO records_record (id, owner_id, media_id, kind, name, note, search_text, state,
    error_code, error_detail, detector, model_name, model_version, face_count, expression,
    probability, uncertain, corrected_expression, corrections, annotated, revision, created_at)
SELECT md5('record' || i)::uuid, owner, md5('media' || i)::uuid, kind, name, note,
    lower(name) || E'\\n' || lower(note) || E'\\nimg_' || i || '.jpg', state, '', '', 'dlib_hog',
    'compact_vgg', CASE WHEN hash % 10 < 8 THEN '2026.11.20-1' ELSE '2026.12.24-2' END, faces,
    CASE WHEN faces > 0 THEN
        (ARRAY['happy', 'happy', 'happy', 'neutral', 'neutral', 'sad', 'surprise', 'fear',
            'angry', 'disgust'])[1 + hash % 10]
        ELSE '' END,
    CASE WHEN faces > 0 THEN 0.3 + hash % 700 / 1000.0 END,
    faces > 0 AND hash % 11 = 0,
    CASE WHEN hash % 50 = 0 THEN 'sad' ELSE '' END, (hash % 50 = 0)::int, '', 1, at FROM made
"""
MADE = """
CREATE TEMPORARY TABLE made AS
SELECT i, hash, CASE WHEN i % 10 = 0 THEN {first} ELSE {first} + 1 + hash % {others} END AS owner,
    timestamptz '2020-01-01' + i * interval '3 minutes' AS at,
    CASE WHEN hash % 100 < 80 THEN 'picture' WHEN hash % 100 < 99 THEN 'photo' ELSE 'live' END
        AS kind,
    (ARRAY['Holiday', 'Portrait', 'Meeting', 'Garden', 'Birthday'])[1 + hash % 5] || ' '
        || hash % 20000 AS name,
    CASE WHEN hash % 1000 = 7 THEN 'at the lighthouse' WHEN hash % 10 = 3 THEN 'on the beach'
        ELSE '' END AS note,
    CASE WHEN hash % 1000 = 1 THEN 'failed' ELSE 'done' END AS state,
    CASE WHEN hash % 40 = 1 THEN 0 ELSE 1 + hash % 3 END AS faces
FROM (SELECT i, hashint4(i) & 1073741823 AS hash FROM generate_series(1, {rows}) AS i) AS numbers
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'records_record'
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
TAGS = """
INSERT INTO records_tag (owner_id, name, folded) VALUES ({first}, 'Often', 'often'),
    ({first}, 'Rare', 'rare');
INSERT INTO records_record_tags (record_id, tag_id)
SELECT record.id, tag.id FROM records_record AS record JOIN records_tag AS tag
    ON tag.owner_id = record.owner_id
    AND (tag.name = 'Often' AND record.expression = 'happy' OR record.note = 'at the lighthouse')
"""


def fill(rows: int) -> object:
    """Make records in an empty PostgreSQL database; returns the first person: a tenth is theirs."""
    people = [
        get_user_model()(username=f"person-{number}", password="!") for number in range(OTHERS + 1)
    ]
    first, *_ = get_user_model().objects.bulk_create(people)
    with connection.cursor() as cursor:
        # An index that is made at once takes a fraction of one that grows row by row.
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for statement in (MADE, MEDIA, RECORDS):
            cursor.execute(statement.format(first=first.pk, others=OTHERS, rows=rows))
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(TAGS.format(first=first.pk))
        cursor.execute("DROP TABLE made")
        cursor.execute("VACUUM ANALYZE")
    return first
