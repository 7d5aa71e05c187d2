"""Records in great number, made by the database itself. Without files: lists need none."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db import connection

OTHERS = 90
"""Nine in ten records are theirs, in equal parts; the tenth are the first person's."""

TABLES = ("records_media", "records_record", "records_face", "records_record_tags")

NUMBERS = """
CREATE TEMPORARY TABLE made AS
SELECT i, CASE WHEN i % 10 = 0 THEN {first} ELSE {first} + 1 + h[1] % {others} END AS owner,
    timestamptz '2020-01-01' + i * interval '3 minutes' AS at,
    CASE WHEN h[2] % 100 < 80 THEN 'picture' WHEN h[2] % 100 < 99 THEN 'photo' ELSE 'live' END
        AS kind,
    (ARRAY['Holiday', 'Portrait', 'Meeting', 'Garden', 'Birthday'])[1 + h[3] % 5] || ' '
        || h[3] % 20000 AS name,
    -- Some words of many records and of few, some of the oldest alone, and longer notes.
    concat_ws(' ',
        CASE WHEN h[4] % 1000 = 7 THEN 'at the lighthouse'
            WHEN h[4] % 10 = 3 THEN 'on the beach' END,
        CASE WHEN h[5] % 500 = 11 THEN '50% "off"' WHEN h[5] % 250 = 12 THEN '海边 🏖️' END,
        CASE WHEN i < {rows} / 5 THEN 'winter' WHEN i > {rows} - {rows} / 10 THEN 'x100' END,
        CASE WHEN h[6] % 5 = 0 THEN concat_ws(' ', {sentences}[1 + h[6] % 12],
            {sentences}[1 + h[7] % 12], {sentences}[1 + h[8] % 12]) END) AS note,
    CASE WHEN h[9] % 1000 = 1 THEN 'failed' ELSE 'done' END AS state,
    CASE WHEN h[9] % 1000 = 1 OR h[10] % 40 = 1 THEN 0 ELSE 1 + h[10] % 3 END AS faces,
    (ARRAY['happy', 'happy', 'happy', 'neutral', 'neutral', 'sad', 'surprise', 'fear', 'angry',
        'disgust'])[1 + h[11] % 10] AS expression,
    0.3 + h[12] % 700 / 1000.0 AS probability, h[13] % 11 = 0 AS uncertain,
    h[14] % 50 = 0 AS corrected, h[15] % 10 < 2 AS is_new_model, h[16] % 1000 = 7 AS is_rare
FROM generate_series(1, {rows}) AS i,
    LATERAL (SELECT array_agg(hashint8extended(i, seed) & 1073741823 ORDER BY seed) AS h
        FROM generate_series(1, 16) AS seed OFFSET 0) AS hashes
"""
SENTENCES = (
    "She looked up when the door opened and laughed.",
    "Second take; the light came from the window on the left.",
    "He had been told the joke before, which one can see.",
    "Actor 14, scene 3, after the break.",
    "The camera was a little too low here.",
    "Ask again whether this one may be shown at the fair.",
    "Same pose as yesterday, but with glasses.",
    "Waiting for the results; nobody moved for a minute.",
    "Taken through a window, so there are reflections.",
    "The whole family, except for uncle George.",
    "Rain, umbrella, a very long queue.",
    "Not sure about this face: compare with the video.",
)
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
    'compact_vgg', CASE WHEN is_new_model THEN '2026.12.24-2' ELSE '2026.11.20-1' END, faces,
    CASE WHEN faces > 0 THEN expression ELSE '' END,
    CASE WHEN faces > 0 THEN probability END,
    faces > 0 AND uncertain, CASE WHEN faces > 0 AND corrected THEN 'sad' ELSE '' END,
    (faces > 0 AND corrected)::int, '', 1, at FROM made
"""
FACES = """
INSERT INTO records_face (id, record_id, index, x, y, width, height, detection_score, crop,
    expression, probability, probabilities, quality, quality_issues, uncertain,
    corrected_expression)
SELECT md5('face' || i || '-' || index)::uuid, md5('record' || i)::uuid, index, 1, 1, 90, 90, 1.5,
    'face.png', CASE WHEN index = 0 THEN expression ELSE 'neutral' END,
    probability,
    '{{"angry": 0.1, "disgust": 0.1, "fear": 0.1, "happy": 0.3, "sad": 0.1, "surprise": 0.1,
        "neutral": 0.2}}', 0.9, '[]', uncertain,
    CASE WHEN index = 0 AND corrected THEN 'sad' ELSE '' END
FROM made, generate_series(0, faces - 1) AS index
"""
TAGS = """
INSERT INTO records_tag (owner_id, name, folded) VALUES ({first}, 'Often', 'often'),
    ({first}, 'Rare', 'rare'), ({first}, 'Early', 'early');
INSERT INTO records_record_tags (record_id, tag_id)
SELECT md5('record' || i)::uuid, tag.id FROM made JOIN records_tag AS tag
    ON tag.owner_id = made.owner
    AND (tag.name = 'Often' AND made.faces > 0 AND made.expression = 'happy'
        OR tag.name = 'Rare' AND made.is_rare
        OR tag.name = 'Early' AND made.i < {rows} / 5)
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
REFERENCES = """
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)
"""


def fill(rows: int) -> object:
    """Make records in an empty PostgreSQL database; returns the first person: a tenth is theirs."""
    people = [
        get_user_model()(username=f"person-{number}", password="!") for number in range(OTHERS + 1)
    ]
    first, *_ = get_user_model().objects.bulk_create(people)
    with connection.cursor() as cursor, _bare_tables():
        for statement in (NUMBERS, MEDIA, RECORDS, FACES, TAGS):
            cursor.execute(
                statement.format(
                    first=first.pk, others=OTHERS, rows=rows, sentences=f"(ARRAY{list(SENTENCES)})"
                )
            )
        cursor.execute("DROP TABLE made")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return first


@contextmanager
def _bare_tables() -> Iterator[None]:
    """Without indexes and references meanwhile.

    What is made and checked at once takes a fraction of what is looked up row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
        cursor.execute(INDEXES, [list(TABLES)])
        indexes = cursor.fetchall()
        cursor.execute(REFERENCES, [list(TABLES)])
        references = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for table, name, _ in references:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in references:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("RESET maintenance_work_mem; RESET synchronous_commit")
