from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_corrections_tags_keeping"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="corrected_expression",
            field=models.CharField(
                blank=True,
                choices=[
                    ("angry", "Angry"),
                    ("disgust", "Disgust"),
                    ("fear", "Fear"),
                    ("happy", "Happy"),
                    ("sad", "Sad"),
                    ("surprise", "Surprise"),
                    ("neutral", "Neutral"),
                ],
                help_text="what a person says that the face shows which gives the expression",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="corrections",
            field=models.PositiveIntegerField(
                default=0, help_text="how many of its faces a person corrected"
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="kind",
            field=models.CharField(
                choices=[
                    ("picture", "Picture"),
                    ("photo", "Photo"),
                    ("video", "Video"),
                    ("live", "Live"),
                    ("practice", "Practice"),
                ],
                default="picture",
                help_text="its medium's, here for lists of a hundred thousand",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="tag",
            name="folded",
            field=models.CharField(
                default="",
                editable=False,
                help_text="its name for comparing, see records.names",
                max_length=800,
            ),
        ),
    ]
