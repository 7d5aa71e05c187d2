"""What a new installation begins with, in one step instead of 12.

An installation from before has gone through those; for it nothing changes.
"""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import records.models
from records.migrations._grams import create_index, drop_index


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("records", "0001_initial"),
        ("records", "0002_face_quality"),
        ("records", "0003_face_explanation"),
        ("records", "0004_corrections_tags_keeping"),
        ("records", "0005_search_fields"),
        ("records", "0006_fill_search_fields"),
        ("records", "0007_record_indexes"),
        ("records", "0008_search_index"),
        ("records", "0009_live"),
        ("records", "0010_films"),
        ("records", "0011_fast_lists"),
        ("records", "0012_field_names_in_every_language"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Media",
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
                            ("picture", "Picture"),
                            ("photo", "Photo"),
                            ("video", "Video"),
                            ("live", "Live"),
                            ("practice", "Practice"),
                        ],
                        default="picture",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        help_text="as the person's file was called",
                        max_length=120,
                        verbose_name="file name",
                    ),
                ),
                (
                    "original",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        upload_to=records.models.original_path,
                        verbose_name="original",
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        upload_to=records.models.original_path,
                        verbose_name="thumbnail",
                    ),
                ),
                ("content_type", models.CharField(max_length=40, verbose_name="content type")),
                (
                    "size",
                    models.PositiveBigIntegerField(
                        help_text="of the stored file, in bytes", verbose_name="size"
                    ),
                ),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                (
                    "consent_at",
                    models.DateTimeField(
                        help_text="when the owner said that the people shown agreed",
                        verbose_name="consent at",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        blank=True,
                        help_text="what for, where the operator asks",
                        max_length=40,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "keep",
                    models.CharField(
                        choices=[
                            ("all", "pictures and results"),
                            ("thumbnails", "results and small pictures"),
                            ("results", "results only"),
                        ],
                        default="all",
                        help_text="what stays once it is recognised",
                        max_length=16,
                        verbose_name="keep",
                    ),
                ),
                (
                    "delete_at",
                    models.DateTimeField(
                        blank=True,
                        db_index=True,
                        help_text="when it is deleted with its records",
                        null=True,
                        verbose_name="delete at",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="media",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "media",
                "verbose_name_plural": "media",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "folded",
                    models.CharField(
                        default="",
                        editable=False,
                        help_text="its name for comparing, see records.names",
                        max_length=800,
                        verbose_name="folded",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Record",
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
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "search_text",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="name, note and file name in small letters",
                        verbose_name="search text",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        max_length=16,
                        verbose_name="state",
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
                ("detector", models.CharField(blank=True, max_length=40, verbose_name="detector")),
                (
                    "model_name",
                    models.CharField(blank=True, max_length=60, verbose_name="model name"),
                ),
                (
                    "model_version",
                    models.CharField(blank=True, max_length=60, verbose_name="model version"),
                ),
                (
                    "face_count",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="face count"),
                ),
                (
                    "expression",
                    models.CharField(
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
                        max_length=16,
                        verbose_name="expression",
                    ),
                ),
                (
                    "probability",
                    models.FloatField(blank=True, null=True, verbose_name="probability"),
                ),
                (
                    "uncertain",
                    models.BooleanField(
                        default=False,
                        help_text="the expression is not to be relied on",
                        verbose_name="uncertain",
                    ),
                ),
                (
                    "corrected_expression",
                    models.CharField(
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
                        verbose_name="corrected expression",
                    ),
                ),
                (
                    "corrections",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="how many of its faces a person corrected",
                        verbose_name="corrections",
                    ),
                ),
                (
                    "annotated",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        upload_to=records.models.record_path,
                        verbose_name="annotated",
                    ),
                ),
                (
                    "revision",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="grows with each edit, so that of two at once the second is told",
                        verbose_name="revision",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "recognized_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="recognized at"),
                ),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True,
                        db_index=True,
                        help_text="since when its owner no longer sees it; soon after it goes for good",
                        null=True,
                        verbose_name="deleted at",
                    ),
                ),
                (
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="records.media",
                        verbose_name="media",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "tags",
                    models.ManyToManyField(
                        blank=True, related_name="records", to="records.tag", verbose_name="tags"
                    ),
                ),
            ],
            options={
                "verbose_name": "record",
                "verbose_name_plural": "records",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Timeline",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "duration",
                    models.FloatField(default=0.0, help_text="in seconds", verbose_name="duration"),
                ),
                (
                    "width",
                    models.PositiveIntegerField(
                        default=0, help_text="of the frames, in pixels", verbose_name="width"
                    ),
                ),
                ("height", models.PositiveIntegerField(default=0, verbose_name="height")),
                (
                    "sample_count",
                    models.PositiveIntegerField(default=0, verbose_name="sample count"),
                ),
                (
                    "tracks",
                    models.JSONField(
                        default=list,
                        help_text="of each face that was followed: number, times, samples, expression",
                        verbose_name="tracks",
                    ),
                ),
                (
                    "marks",
                    models.JSONField(
                        default=list,
                        help_text="moments that the person marked: time, label",
                        verbose_name="marks",
                    ),
                ),
                (
                    "practice",
                    models.JSONField(
                        blank=True,
                        help_text="the rounds, where it is of practice",
                        null=True,
                        verbose_name="practice",
                    ),
                ),
                (
                    "summary",
                    models.JSONField(
                        blank=True,
                        help_text="see records.timelines.summarize",
                        null=True,
                        verbose_name="summary",
                    ),
                ),
                (
                    "smoothing",
                    models.CharField(
                        choices=[("none", "None"), ("little", "Little"), ("much", "Much")],
                        default="none",
                        max_length=16,
                        verbose_name="smoothing",
                    ),
                ),
                (
                    "edits",
                    models.JSONField(
                        default=dict,
                        help_text="of its tracks: names, hidden, merged; see records.films",
                        verbose_name="edits",
                    ),
                ),
                (
                    "segments",
                    models.JSONField(
                        default=list,
                        help_text="stretches that the person named: id, name, start, end",
                        verbose_name="segments",
                    ),
                ),
                (
                    "frame_rate",
                    models.FloatField(
                        default=0.0, help_text="of a film; 0 for others", verbose_name="frame rate"
                    ),
                ),
                (
                    "cuts",
                    models.JSONField(
                        default=list,
                        help_text="of a film: when its shots begin",
                        verbose_name="cuts",
                    ),
                ),
                (
                    "truncated",
                    models.BooleanField(
                        default=False,
                        help_text="not all of the film could be read",
                        verbose_name="truncated",
                    ),
                ),
                (
                    "film",
                    models.JSONField(
                        blank=True,
                        help_text="of the annotated film: state, progress, options; the file is the record's",
                        null=True,
                        verbose_name="film",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timelines",
                        to="records.media",
                        verbose_name="media",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timelines",
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
                        related_name="timeline",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "timeline",
                "verbose_name_plural": "timelines",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="SampleBlock",
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
                        help_text="its place in the timeline, from 0", verbose_name="index"
                    ),
                ),
                (
                    "start",
                    models.FloatField(
                        help_text="time of its first sample, in seconds", verbose_name="start"
                    ),
                ),
                ("end", models.FloatField(help_text="time of its last sample", verbose_name="end")),
                ("count", models.PositiveIntegerField(verbose_name="count")),
                (
                    "data",
                    models.BinaryField(
                        help_text="columns, see records.timelines", verbose_name="data"
                    ),
                ),
                (
                    "timeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="records.timeline",
                        verbose_name="timeline",
                    ),
                ),
            ],
            options={
                "verbose_name": "sample block",
                "verbose_name_plural": "sample blocks",
                "ordering": ("timeline", "index"),
            },
        ),
        migrations.CreateModel(
            name="Face",
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
                    "index",
                    models.PositiveSmallIntegerField(
                        help_text="its place in the record, from 0", verbose_name="index"
                    ),
                ),
                ("x", models.PositiveIntegerField(verbose_name="x")),
                ("y", models.PositiveIntegerField(verbose_name="y")),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                (
                    "detection_score",
                    models.FloatField(
                        help_text="the detector's own scale", verbose_name="detection score"
                    ),
                ),
                (
                    "crop",
                    models.FileField(
                        max_length=200, upload_to=records.models.face_path, verbose_name="crop"
                    ),
                ),
                (
                    "expression",
                    models.CharField(
                        choices=[
                            ("angry", "Angry"),
                            ("disgust", "Disgust"),
                            ("fear", "Fear"),
                            ("happy", "Happy"),
                            ("sad", "Sad"),
                            ("surprise", "Surprise"),
                            ("neutral", "Neutral"),
                        ],
                        max_length=16,
                        verbose_name="expression",
                    ),
                ),
                (
                    "probability",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                        verbose_name="probability",
                    ),
                ),
                (
                    "probabilities",
                    models.JSONField(
                        help_text="expression: probability, adding up to 1",
                        verbose_name="probabilities",
                    ),
                ),
                (
                    "quality",
                    models.FloatField(
                        blank=True,
                        help_text="of its picture, from 0 to 1; empty for faces from before it was measured",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                        verbose_name="quality",
                    ),
                ),
                (
                    "quality_issues",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="what is wrong with its picture, the worst first",
                        verbose_name="quality issues",
                    ),
                ),
                (
                    "uncertain",
                    models.BooleanField(
                        default=False,
                        help_text="the expression is not to be relied on",
                        verbose_name="uncertain",
                    ),
                ),
                (
                    "corrected_expression",
                    models.CharField(
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
                        help_text="what a person says it shows; the machine's answer stays beside it",
                        max_length=16,
                        verbose_name="corrected expression",
                    ),
                ),
                (
                    "corrected_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="corrected at"),
                ),
                (
                    "explanation",
                    models.JSONField(
                        blank=True,
                        editable=False,
                        help_text="what the answer rests on, once somebody asked; see recognition.explanations",
                        null=True,
                        verbose_name="explanation",
                    ),
                ),
                (
                    "corrected_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="corrections",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="corrected by",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faces",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "face",
                "verbose_name_plural": "faces",
                "ordering": ("record", "index"),
                "indexes": [
                    models.Index(
                        fields=[
                            "record",
                            "expression",
                            "corrected_expression",
                            "uncertain",
                            "probability",
                        ],
                        name="face_counted",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("record", "index"), name="face_unique_in_record"
                    )
                ],
            },
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
        migrations.AddConstraint(
            model_name="sampleblock",
            constraint=models.UniqueConstraint(
                fields=("timeline", "index"), name="sample_block_unique_in_timeline"
            ),
        ),
        migrations.RunPython(create_index, drop_index),
    ]
