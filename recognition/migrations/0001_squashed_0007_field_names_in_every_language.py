"""What a new installation begins with, in one step instead of 7.

An installation from before has gone through those; for it nothing changes.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import recognition.models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("recognition", "0001_initial"),
        ("recognition", "0002_trainedmodel"),
        ("recognition", "0003_job_detector"),
        ("recognition", "0004_job_model"),
        ("recognition", "0005_live"),
        ("recognition", "0006_films"),
        ("recognition", "0007_field_names_in_every_language"),
    ]

    dependencies = [
        ("records", "0001_squashed_0012_field_names_in_every_language"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FilmWork",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rate",
                    models.FloatField(
                        help_text="samples a second; 0 for every frame", verbose_name="rate"
                    ),
                ),
                (
                    "detector",
                    models.CharField(
                        blank=True,
                        help_text="that it was begun with",
                        max_length=40,
                        verbose_name="detector",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        blank=True,
                        help_text="that it was begun with, NAME@VERSION",
                        max_length=130,
                        verbose_name="model",
                    ),
                ),
                (
                    "duration",
                    models.FloatField(help_text="of the film, in seconds", verbose_name="duration"),
                ),
                (
                    "truncated",
                    models.BooleanField(
                        default=False,
                        help_text="not all of the film could be read when it came in",
                        verbose_name="truncated",
                    ),
                ),
                (
                    "checkpoint",
                    models.JSONField(
                        blank=True,
                        help_text="where to go on, see mlcore.films.analysis.Block.state",
                        null=True,
                        verbose_name="checkpoint",
                    ),
                ),
                (
                    "done_seconds",
                    models.FloatField(
                        default=0.0, help_text="of the film", verbose_name="done seconds"
                    ),
                ),
                ("frames", models.PositiveIntegerField(default=0, verbose_name="frames")),
                ("faces", models.PositiveIntegerField(default=0, verbose_name="faces")),
                (
                    "worked_seconds",
                    models.FloatField(
                        default=0.0,
                        help_text="by the clock, in all attempts",
                        verbose_name="worked seconds",
                    ),
                ),
            ],
            options={
                "verbose_name": "film work",
                "verbose_name_plural": "film works",
            },
        ),
        migrations.CreateModel(
            name="FilmUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("file_name", models.CharField(max_length=120, verbose_name="file name")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                (
                    "size",
                    models.PositiveBigIntegerField(
                        help_text="of the whole film, in bytes", verbose_name="size"
                    ),
                ),
                (
                    "offset",
                    models.PositiveBigIntegerField(
                        default=0, help_text="so many bytes are there", verbose_name="offset"
                    ),
                ),
                (
                    "rate",
                    models.FloatField(
                        help_text="samples a second; 0 for every frame", verbose_name="rate"
                    ),
                ),
                ("detector", models.CharField(blank=True, max_length=40, verbose_name="detector")),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="purpose")),
                ("keep", models.CharField(blank=True, max_length=16, verbose_name="keep")),
                (
                    "consent_at",
                    models.DateTimeField(
                        help_text="when the owner said that the people shown agreed",
                        verbose_name="consent at",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="when it goes if it was not finished", verbose_name="expires at"
                    ),
                ),
                (
                    "finishing_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="until then a web process has it in hand",
                        null=True,
                        verbose_name="finishing until",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="film_uploads",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="film_upload",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "film upload",
                "verbose_name_plural": "film uploads",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="FilmPiece",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "start",
                    models.PositiveBigIntegerField(
                        help_text="the place of its first byte in the film", verbose_name="start"
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                (
                    "file",
                    models.FileField(
                        max_length=200, upload_to=recognition.models.piece_path, verbose_name="file"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="recognition.filmupload",
                        verbose_name="upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "film piece",
                "verbose_name_plural": "film pieces",
                "ordering": ("upload", "start"),
            },
        ),
        migrations.CreateModel(
            name="FilmBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "index",
                    models.PositiveIntegerField(
                        help_text="its place in the film, from 0", verbose_name="index"
                    ),
                ),
                (
                    "data",
                    models.BinaryField(
                        help_text="see mlcore.films.columns.Columns.to_bytes", verbose_name="data"
                    ),
                ),
                (
                    "work",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="recognition.filmwork",
                        verbose_name="work",
                    ),
                ),
            ],
            options={
                "verbose_name": "film block",
                "verbose_name_plural": "film blocks",
                "ordering": ("work", "index"),
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                (
                    "options",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="of a film that is made",
                        verbose_name="options",
                    ),
                ),
                (
                    "detector",
                    models.CharField(
                        blank=True,
                        help_text="that was asked for; empty: the setting DETECTOR",
                        max_length=40,
                        verbose_name="detector",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        blank=True,
                        help_text="that was asked for, NAME@VERSION; empty: the active one when it is done",
                        max_length=130,
                        verbose_name="model",
                    ),
                ),
                (
                    "state",
                    models.CharField(
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
                (
                    "progress",
                    models.FloatField(
                        default=0.0, help_text="from 0 to 1", verbose_name="progress"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "forgiven",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="attempts that do not count, since the work came on in or after them",
                        verbose_name="forgiven",
                    ),
                ),
                (
                    "error_code",
                    models.CharField(blank=True, max_length=60, verbose_name="error code"),
                ),
                (
                    "error_detail",
                    models.CharField(blank=True, max_length=300, verbose_name="error detail"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "rung_at",
                    models.DateTimeField(
                        help_text="when the bell was last rung", verbose_name="rung at"
                    ),
                ),
                (
                    "lease_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="lease until"),
                ),
                (
                    "started_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="started at"),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="filmwork",
            name="job",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="film",
                to="recognition.job",
                verbose_name="job",
            ),
        ),
        migrations.CreateModel(
            name="LiveSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("detector", models.CharField(max_length=40, verbose_name="detector")),
                (
                    "model",
                    models.CharField(
                        help_text="that recognises it, NAME@VERSION",
                        max_length=130,
                        verbose_name="model",
                    ),
                ),
                (
                    "next_sequence",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="of the samples that are to come next",
                        verbose_name="next sequence",
                    ),
                ),
                (
                    "restarts",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="how often the tracking had to begin anew, its state being lost",
                        verbose_name="restarts",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "seen_at",
                    models.DateTimeField(
                        help_text="when a frame or samples last came, to half a minute",
                        verbose_name="seen at",
                    ),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="live_sessions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="live_session",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
                (
                    "timeline",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="live_session",
                        to="records.timeline",
                        verbose_name="timeline",
                    ),
                ),
            ],
            options={
                "verbose_name": "live session",
                "verbose_name_plural": "live sessions",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="TrainedModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("version", models.CharField(max_length=60, verbose_name="version")),
                ("folder", models.CharField(max_length=500, verbose_name="folder")),
                (
                    "metadata",
                    models.JSONField(
                        help_text="the model's metadata.json", verbose_name="metadata"
                    ),
                ),
                (
                    "is_present",
                    models.BooleanField(
                        default=True,
                        help_text="its folder was there when last seen",
                        verbose_name="is present",
                    ),
                ),
                ("found_at", models.DateTimeField(auto_now_add=True, verbose_name="found at")),
                (
                    "activated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="activated at"),
                ),
                (
                    "activated_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="activated by",
                    ),
                ),
            ],
            options={
                "verbose_name": "trained model",
                "verbose_name_plural": "trained models",
                "ordering": (
                    models.OrderBy(models.F("activated_at"), descending=True, nulls_last=True),
                    "name",
                    "-version",
                ),
            },
        ),
        migrations.AddIndex(
            model_name="filmupload",
            index=models.Index(
                condition=models.Q(("record__isnull", True)),
                fields=["owner", "expires_at"],
                name="film_upload_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="filmpiece",
            constraint=models.UniqueConstraint(
                fields=("upload", "start"), name="film_piece_unique_in_upload"
            ),
        ),
        migrations.AddConstraint(
            model_name="filmblock",
            constraint=models.UniqueConstraint(
                fields=("work", "index"), name="film_block_unique_in_work"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["owner", "-created_at", "-id"], name="job_owner_newest"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["state", "rung_at"],
                name="job_open",
            ),
        ),
        migrations.AddIndex(
            model_name="livesession",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)),
                fields=["owner", "seen_at"],
                name="live_session_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainedmodel",
            constraint=models.UniqueConstraint(
                fields=("name", "version"), name="trained_model_unique"
            ),
        ),
    ]
