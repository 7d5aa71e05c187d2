import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0006_fill_search_fields"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="tag",
            name="tag_unique_for_owner",
        ),
        migrations.RemoveIndex(
            model_name="record",
            name="record_owner_newest",
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                fields=("owner", "folded"), name="tag_unique_for_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("kind"),
                models.F("state"),
                models.F("expression"),
                models.F("corrected_expression"),
                models.F("corrections"),
                models.F("uncertain"),
                models.F("face_count"),
                models.F("probability"),
                models.F("model_version"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="record_owner_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                models.F("owner"),
                django.db.models.functions.text.Lower("name"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="record_owner_name",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                models.F("owner"),
                django.db.models.functions.comparison.Coalesce("probability", -1.0),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="record_owner_surest",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                models.F("owner"),
                django.db.models.functions.comparison.Coalesce("probability", 2.0),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="record_owner_least_sure",
            ),
        ),
    ]
