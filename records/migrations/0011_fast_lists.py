"""What keeps lists and statistics of a hundred thousand records fast.

On PostgreSQL an index of letters and pairs of letters, see `records.search`, takes the place of one
of trigrams; making it takes some minutes for a million records. Faces get an index that holds all
that statistics count.
"""

import django.db.models.deletion
from django.db import migrations, models

from records.migrations._grams import create_index, drop_index


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
        migrations.RunPython(create_index, drop_index),
    ]
