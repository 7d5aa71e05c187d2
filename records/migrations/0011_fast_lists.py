"""What keeps lists and statistics of a hundred thousand records fast.

On PostgreSQL an index of letters and pairs of letters, see `records.search`, takes the place of one
of trigrams; making it takes some minutes for a million records. Faces get an index that holds all
that statistics count.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION record_grams(owner bigint, content text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    prefix text := owner || ':';
    letter text;
    before text := ' ';
    grams text[] := '{}';
BEGIN
    -- No word holds a space, so no search is for a pair that does.
    FOREACH letter IN ARRAY string_to_array(content, NULL) LOOP
        IF letter NOT IN (' ', E'\\n', E'\\t') THEN
            grams := grams || (prefix || letter);
            IF before <> ' ' THEN
                grams := grams || (prefix || before || letter);
            END IF;
            before := letter;
        ELSE
            before := ' ';
        END IF;
    END LOOP;
    RETURN grams;
END
$$
"""
# A record is written when a picture was recognised, which takes far longer than finding its places
# in the index; entries that wait in a list, as is the default, are read through by each search.
INDEX = """
CREATE INDEX record_owner_grams ON records_record
USING gin (record_grams(owner_id, search_text)) WITH (fastupdate = off)
WHERE deleted_at IS NULL
"""


def create(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in (FUNCTION, INDEX, "DROP INDEX IF EXISTS record_search_text"):
            schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX record_owner_grams")
        schema_editor.execute("DROP FUNCTION record_grams(bigint, text)")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0010_films"),
    ]

    operations = [
        migrations.AlterField(
            model_name="face",
            name="record",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="faces",
                to="records.record",
            ),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(
                fields=[
                    "record",
                    "expression",
                    "corrected_expression",
                    "uncertain",
                    "probability",
                ],
                name="face_counted",
            ),
        ),
        migrations.RunPython(create, drop),
    ]
