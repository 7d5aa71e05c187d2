"""Fills what lists search and filter by, for records from before."""

from typing import Any

from django.db import migrations

from records.names import folded, searchable

ROWS = 1000


def fill(apps: Any, schema_editor: Any) -> None:
    records = apps.get_model("records", "Record").objects.select_related("media")
    some = []
    for record in records.iterator(chunk_size=ROWS):
        record.search_text = searchable(record.name, record.note, record.media.file_name)
        record.kind = record.media.kind
        some.append(record)
        if len(some) == ROWS:
            records.bulk_update(some, ["search_text", "kind"])
            some.clear()
    records.bulk_update(some, ["search_text", "kind"])
    for tag in apps.get_model("records", "Tag").objects.all():
        tag.folded = folded(tag.name)
        tag.save(update_fields=["folded"])


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0005_search_fields"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
