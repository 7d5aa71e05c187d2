"""PostgreSQL's index of letters and pairs of letters, see `records.search`.

Used by migrations alone, and so as frozen as they are.
"""

from typing import Any

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


def create_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in (FUNCTION, INDEX, "DROP INDEX IF EXISTS record_search_text"):
            schema_editor.execute(statement)


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX record_owner_grams")
        schema_editor.execute("DROP FUNCTION record_grams(bigint, text)")
