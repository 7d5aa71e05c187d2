"""An index for searching within words, where the database can have one: on PostgreSQL.

It needs the extension pg_trgm. A database user who may not create it searches without the index,
which takes longer; docs/operators.md says how to add it later.
https://www.postgresql.org/docs/current/pgtrgm.html
"""

import logging
from typing import Any

from django.db import DatabaseError, migrations, transaction

logger = logging.getLogger(__name__)

CREATE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS record_search_text ON records_record"
    " USING gin (search_text gin_trgm_ops)",
)


def create(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for statement in CREATE:
                cursor.execute(statement)
    except DatabaseError as error:
        logger.warning("Searching goes without an index: %s", str(error).strip())


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS record_search_text")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_record_indexes"),
    ]

    operations = [migrations.RunPython(create, drop)]
