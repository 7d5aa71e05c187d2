"""Once an index of trigrams on PostgreSQL, which needed an extension; the next one replaces it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_record_indexes"),
    ]

    operations: list[migrations.RunPython] = []
