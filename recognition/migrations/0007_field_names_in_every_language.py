"""Names of models, fields and choices in every language; the database stays as it is."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import recognition.models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0006_films"),
        ("records", "0012_field_names_in_every_language"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="filmblock",
            options={
                "ordering": ("work", "index"),
                "verbose_name": "film block",
                "verbose_name_plural": "film blocks",
            },
        ),
        migrations.AlterModelOptions(
            name="filmpiece",
            options={
                "ordering": ("upload", "start"),
                "verbose_name": "film piece",
                "verbose_name_plural": "film pieces",
            },
        ),
        migrations.AlterModelOptions(
            name="filmupload",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "film upload",
                "verbose_name_plural": "film uploads",
            },
        ),
        migrations.AlterModelOptions(
            name="filmwork",
            options={"verbose_name": "film work", "verbose_name_plural": "film works"},
        ),
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
            },
        ),
        migrations.AlterModelOptions(
            name="livesession",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "live session",
                "verbose_name_plural": "live sessions",
            },
        ),
        migrations.AlterModelOptions(
            name="trainedmodel",
            options={
                "ordering": (
                    models.OrderBy(models.F("activated_at"), descending=True, nulls_last=True),
                    "name",
                    "-version",
                ),
                "verbose_name": "trained model",
                "verbose_name_plural": "trained models",
            },
        ),
        migrations.AlterField(
            model_name="filmblock",
            name="data",
            field=models.BinaryField(
                help_text="see mlcore.films.columns.Columns.to_bytes", verbose_name="data"
            ),
        ),
        migrations.AlterField(
            model_name="filmblock",
            name="index",
            field=models.PositiveIntegerField(
                help_text="its place in the film, from 0", verbose_name="index"
            ),
        ),
        migrations.AlterField(
            model_name="filmblock",
            name="work",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="blocks",
                to="recognition.filmwork",
                verbose_name="work",
            ),
        ),
        migrations.AlterField(
            model_name="filmpiece",
            name="file",
            field=models.FileField(
                max_length=200, upload_to=recognition.models.piece_path, verbose_name="file"
            ),
        ),
        migrations.AlterField(
            model_name="filmpiece",
            name="size",
            field=models.PositiveIntegerField(verbose_name="size"),
        ),
        migrations.AlterField(
            model_name="filmpiece",
            name="start",
            field=models.PositiveBigIntegerField(
                help_text="the place of its first byte in the film", verbose_name="start"
            ),
        ),
        migrations.AlterField(
            model_name="filmpiece",
            name="upload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pieces",
                to="recognition.filmupload",
                verbose_name="upload",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="consent_at",
            field=models.DateTimeField(
                help_text="when the owner said that the people shown agreed",
                verbose_name="consent at",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="detector",
            field=models.CharField(blank=True, max_length=40, verbose_name="detector"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="expires_at",
            field=models.DateTimeField(
                help_text="when it goes if it was not finished", verbose_name="expires at"
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="file_name",
            field=models.CharField(max_length=120, verbose_name="file name"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="finishing_until",
            field=models.DateTimeField(
                blank=True,
                help_text="until then a web process has it in hand",
                null=True,
                verbose_name="finishing until",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4,
                editable=False,
                primary_key=True,
                serialize=False,
                verbose_name="id",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="keep",
            field=models.CharField(blank=True, max_length=16, verbose_name="keep"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="name",
            field=models.CharField(blank=True, max_length=120, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="offset",
            field=models.PositiveBigIntegerField(
                default=0, help_text="so many bytes are there", verbose_name="offset"
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="film_uploads",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="purpose",
            field=models.CharField(blank=True, max_length=40, verbose_name="purpose"),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="rate",
            field=models.FloatField(
                help_text="samples a second; 0 for every frame", verbose_name="rate"
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="record",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="film_upload",
                to="records.record",
                verbose_name="record",
            ),
        ),
        migrations.AlterField(
            model_name="filmupload",
            name="size",
            field=models.PositiveBigIntegerField(
                help_text="of the whole film, in bytes", verbose_name="size"
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="checkpoint",
            field=models.JSONField(
                blank=True,
                help_text="where to go on, see mlcore.films.analysis.Block.state",
                null=True,
                verbose_name="checkpoint",
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="detector",
            field=models.CharField(
                blank=True,
                help_text="that it was begun with",
                max_length=40,
                verbose_name="detector",
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="done_seconds",
            field=models.FloatField(
                default=0.0, help_text="of the film", verbose_name="done seconds"
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="duration",
            field=models.FloatField(help_text="of the film, in seconds", verbose_name="duration"),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="faces",
            field=models.PositiveIntegerField(default=0, verbose_name="faces"),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="frames",
            field=models.PositiveIntegerField(default=0, verbose_name="frames"),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="job",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="film",
                to="recognition.job",
                verbose_name="job",
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="model",
            field=models.CharField(
                blank=True,
                help_text="that it was begun with, NAME@VERSION",
                max_length=130,
                verbose_name="model",
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="rate",
            field=models.FloatField(
                help_text="samples a second; 0 for every frame", verbose_name="rate"
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="truncated",
            field=models.BooleanField(
                default=False,
                help_text="not all of the film could be read when it came in",
                verbose_name="truncated",
            ),
        ),
        migrations.AlterField(
            model_name="filmwork",
            name="worked_seconds",
            field=models.FloatField(
                default=0.0,
                help_text="by the clock, in all attempts",
                verbose_name="worked seconds",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="job",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="detector",
            field=models.CharField(
                blank=True,
                help_text="that was asked for; empty: the setting DETECTOR",
                max_length=40,
                verbose_name="detector",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_code",
            field=models.CharField(blank=True, max_length=60, verbose_name="error code"),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_detail",
            field=models.CharField(blank=True, max_length=300, verbose_name="error detail"),
        ),
        migrations.AlterField(
            model_name="job",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="forgiven",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="attempts that do not count, since the work came on in or after them",
                verbose_name="forgiven",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4,
                editable=False,
                primary_key=True,
                serialize=False,
                verbose_name="id",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("picture", "recognise a picture"),
                    ("film", "analyse a film"),
                    ("making", "make an annotated film"),
                ],
                default="picture",
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="lease until"),
        ),
        migrations.AlterField(
            model_name="job",
            name="model",
            field=models.CharField(
                blank=True,
                help_text="that was asked for, NAME@VERSION; empty: the active one when it is done",
                max_length=130,
                verbose_name="model",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="options",
            field=models.JSONField(
                blank=True, default=dict, help_text="of a film that is made", verbose_name="options"
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="progress",
            field=models.FloatField(default=0.0, help_text="from 0 to 1", verbose_name="progress"),
        ),
        migrations.AlterField(
            model_name="job",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="records.record",
                verbose_name="record",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="rung_at",
            field=models.DateTimeField(
                help_text="when the bell was last rung", verbose_name="rung at"
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="detector",
            field=models.CharField(max_length=40, verbose_name="detector"),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="id",
            field=models.UUIDField(
                default=uuid.uuid4,
                editable=False,
                primary_key=True,
                serialize=False,
                verbose_name="id",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="model",
            field=models.CharField(
                help_text="that recognises it, NAME@VERSION", max_length=130, verbose_name="model"
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="next_sequence",
            field=models.PositiveIntegerField(
                default=0,
                help_text="of the samples that are to come next",
                verbose_name="next sequence",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="live_sessions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="record",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="live_session",
                to="records.record",
                verbose_name="record",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="restarts",
            field=models.PositiveIntegerField(
                default=0,
                help_text="how often the tracking had to begin anew, its state being lost",
                verbose_name="restarts",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="seen_at",
            field=models.DateTimeField(
                help_text="when a frame or samples last came, to half a minute",
                verbose_name="seen at",
            ),
        ),
        migrations.AlterField(
            model_name="livesession",
            name="timeline",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="live_session",
                to="records.timeline",
                verbose_name="timeline",
            ),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="activated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="activated at"),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="activated_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="activated by",
            ),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="folder",
            field=models.CharField(max_length=500, verbose_name="folder"),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="found_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="found at"),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="is_present",
            field=models.BooleanField(
                default=True,
                help_text="its folder was there when last seen",
                verbose_name="is present",
            ),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="metadata",
            field=models.JSONField(help_text="the model's metadata.json", verbose_name="metadata"),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="name",
            field=models.CharField(max_length=60, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="trainedmodel",
            name="version",
            field=models.CharField(max_length=60, verbose_name="version"),
        ),
    ]
