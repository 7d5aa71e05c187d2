"""Names of models, fields and choices in every language; the database stays as it is."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import records.models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0011_fast_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="face",
            options={
                "ordering": ("record", "index"),
                "verbose_name": "face",
                "verbose_name_plural": "faces",
            },
        ),
        migrations.AlterModelOptions(
            name="media",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "media",
                "verbose_name_plural": "media",
            },
        ),
        migrations.AlterModelOptions(
            name="record",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "record",
                "verbose_name_plural": "records",
            },
        ),
        migrations.AlterModelOptions(
            name="sampleblock",
            options={
                "ordering": ("timeline", "index"),
                "verbose_name": "sample block",
                "verbose_name_plural": "sample blocks",
            },
        ),
        migrations.AlterModelOptions(
            name="tag",
            options={"ordering": ("name",), "verbose_name": "tag", "verbose_name_plural": "tags"},
        ),
        migrations.AlterModelOptions(
            name="timeline",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "timeline",
                "verbose_name_plural": "timelines",
            },
        ),
        migrations.AlterField(
            model_name="face",
            name="corrected_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="corrected at"),
        ),
        migrations.AlterField(
            model_name="face",
            name="corrected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="corrections",
                to=settings.AUTH_USER_MODEL,
                verbose_name="corrected by",
            ),
        ),
        migrations.AlterField(
            model_name="face",
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
                help_text="what a person says it shows; the machine's answer stays beside it",
                max_length=16,
                verbose_name="corrected expression",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="crop",
            field=models.FileField(
                max_length=200, upload_to=records.models.face_path, verbose_name="crop"
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="detection_score",
            field=models.FloatField(
                help_text="the detector's own scale", verbose_name="detection score"
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="explanation",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="what the answer rests on, once somebody asked; see recognition.explanations",
                null=True,
                verbose_name="explanation",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="expression",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="face",
            name="height",
            field=models.PositiveIntegerField(verbose_name="height"),
        ),
        migrations.AlterField(
            model_name="face",
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
            model_name="face",
            name="index",
            field=models.PositiveSmallIntegerField(
                help_text="its place in the record, from 0", verbose_name="index"
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="probabilities",
            field=models.JSONField(
                help_text="expression: probability, adding up to 1", verbose_name="probabilities"
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="probability",
            field=models.FloatField(
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(1),
                ],
                verbose_name="probability",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="quality",
            field=models.FloatField(
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
        migrations.AlterField(
            model_name="face",
            name="quality_issues",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="what is wrong with its picture, the worst first",
                verbose_name="quality issues",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="record",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="faces",
                to="records.record",
                verbose_name="record",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="uncertain",
            field=models.BooleanField(
                default=False,
                help_text="the expression is not to be relied on",
                verbose_name="uncertain",
            ),
        ),
        migrations.AlterField(
            model_name="face",
            name="width",
            field=models.PositiveIntegerField(verbose_name="width"),
        ),
        migrations.AlterField(
            model_name="face",
            name="x",
            field=models.PositiveIntegerField(verbose_name="x"),
        ),
        migrations.AlterField(
            model_name="face",
            name="y",
            field=models.PositiveIntegerField(verbose_name="y"),
        ),
        migrations.AlterField(
            model_name="media",
            name="consent_at",
            field=models.DateTimeField(
                help_text="when the owner said that the people shown agreed",
                verbose_name="consent at",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="content_type",
            field=models.CharField(max_length=40, verbose_name="content type"),
        ),
        migrations.AlterField(
            model_name="media",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="media",
            name="delete_at",
            field=models.DateTimeField(
                blank=True,
                db_index=True,
                help_text="when it is deleted with its records",
                null=True,
                verbose_name="delete at",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="file_name",
            field=models.CharField(
                help_text="as the person's file was called",
                max_length=120,
                verbose_name="file name",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="height",
            field=models.PositiveIntegerField(verbose_name="height"),
        ),
        migrations.AlterField(
            model_name="media",
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
            model_name="media",
            name="keep",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="media",
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
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="original",
            field=models.FileField(
                blank=True,
                max_length=200,
                upload_to=records.models.original_path,
                verbose_name="original",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="media",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="purpose",
            field=models.CharField(
                blank=True,
                help_text="what for, where the operator asks",
                max_length=40,
                verbose_name="purpose",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="size",
            field=models.PositiveBigIntegerField(
                help_text="of the stored file, in bytes", verbose_name="size"
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="thumbnail",
            field=models.FileField(
                blank=True,
                max_length=200,
                upload_to=records.models.original_path,
                verbose_name="thumbnail",
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="width",
            field=models.PositiveIntegerField(verbose_name="width"),
        ),
        migrations.AlterField(
            model_name="record",
            name="annotated",
            field=models.FileField(
                blank=True,
                max_length=200,
                upload_to=records.models.record_path,
                verbose_name="annotated",
            ),
        ),
        migrations.AlterField(
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
                verbose_name="corrected expression",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="corrections",
            field=models.PositiveIntegerField(
                default=0,
                help_text="how many of its faces a person corrected",
                verbose_name="corrections",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="record",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True,
                db_index=True,
                help_text="since when its owner no longer sees it; soon after it goes for good",
                null=True,
                verbose_name="deleted at",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="detector",
            field=models.CharField(blank=True, max_length=40, verbose_name="detector"),
        ),
        migrations.AlterField(
            model_name="record",
            name="error_code",
            field=models.CharField(blank=True, max_length=60, verbose_name="error code"),
        ),
        migrations.AlterField(
            model_name="record",
            name="error_detail",
            field=models.CharField(blank=True, max_length=300, verbose_name="error detail"),
        ),
        migrations.AlterField(
            model_name="record",
            name="expression",
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
                max_length=16,
                verbose_name="expression",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="face_count",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="face count"),
        ),
        migrations.AlterField(
            model_name="record",
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
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="media",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="records",
                to="records.media",
                verbose_name="media",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="model_name",
            field=models.CharField(blank=True, max_length=60, verbose_name="model name"),
        ),
        migrations.AlterField(
            model_name="record",
            name="model_version",
            field=models.CharField(blank=True, max_length=60, verbose_name="model version"),
        ),
        migrations.AlterField(
            model_name="record",
            name="name",
            field=models.CharField(max_length=120, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="record",
            name="note",
            field=models.TextField(blank=True, max_length=2000, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="record",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="records",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="probability",
            field=models.FloatField(blank=True, null=True, verbose_name="probability"),
        ),
        migrations.AlterField(
            model_name="record",
            name="recognized_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="recognized at"),
        ),
        migrations.AlterField(
            model_name="record",
            name="revision",
            field=models.PositiveIntegerField(
                default=1,
                help_text="grows with each edit, so that of two at once the second is told",
                verbose_name="revision",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="search_text",
            field=models.TextField(
                blank=True,
                editable=False,
                help_text="name, note and file name in small letters",
                verbose_name="search text",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="state",
            field=models.CharField(
                choices=[("queued", "Queued"), ("done", "Done"), ("failed", "Failed")],
                default="queued",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="tags",
            field=models.ManyToManyField(
                blank=True, related_name="records", to="records.tag", verbose_name="tags"
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="uncertain",
            field=models.BooleanField(
                default=False,
                help_text="the expression is not to be relied on",
                verbose_name="uncertain",
            ),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="count",
            field=models.PositiveIntegerField(verbose_name="count"),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="data",
            field=models.BinaryField(
                help_text="columns, see records.timelines", verbose_name="data"
            ),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="end",
            field=models.FloatField(help_text="time of its last sample", verbose_name="end"),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="index",
            field=models.PositiveIntegerField(
                help_text="its place in the timeline, from 0", verbose_name="index"
            ),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="start",
            field=models.FloatField(
                help_text="time of its first sample, in seconds", verbose_name="start"
            ),
        ),
        migrations.AlterField(
            model_name="sampleblock",
            name="timeline",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="blocks",
                to="records.timeline",
                verbose_name="timeline",
            ),
        ),
        migrations.AlterField(
            model_name="tag",
            name="folded",
            field=models.CharField(
                default="",
                editable=False,
                help_text="its name for comparing, see records.names",
                max_length=800,
                verbose_name="folded",
            ),
        ),
        migrations.AlterField(
            model_name="tag",
            name="name",
            field=models.CharField(max_length=40, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="tag",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tags",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="cuts",
            field=models.JSONField(
                default=list, help_text="of a film: when its shots begin", verbose_name="cuts"
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="duration",
            field=models.FloatField(default=0.0, help_text="in seconds", verbose_name="duration"),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="edits",
            field=models.JSONField(
                default=dict,
                help_text="of its tracks: names, hidden, merged; see records.films",
                verbose_name="edits",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="film",
            field=models.JSONField(
                blank=True,
                help_text="of the annotated film: state, progress, options; the file is the record's",
                null=True,
                verbose_name="film",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="frame_rate",
            field=models.FloatField(
                default=0.0, help_text="of a film; 0 for others", verbose_name="frame rate"
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="height",
            field=models.PositiveIntegerField(default=0, verbose_name="height"),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="marks",
            field=models.JSONField(
                default=list,
                help_text="moments that the person marked: time, label",
                verbose_name="marks",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="media",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="timelines",
                to="records.media",
                verbose_name="media",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="timelines",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="practice",
            field=models.JSONField(
                blank=True,
                help_text="the rounds, where it is of practice",
                null=True,
                verbose_name="practice",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="record",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="timeline",
                to="records.record",
                verbose_name="record",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="sample_count",
            field=models.PositiveIntegerField(default=0, verbose_name="sample count"),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="segments",
            field=models.JSONField(
                default=list,
                help_text="stretches that the person named: id, name, start, end",
                verbose_name="segments",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="smoothing",
            field=models.CharField(
                choices=[("none", "None"), ("little", "Little"), ("much", "Much")],
                default="none",
                max_length=16,
                verbose_name="smoothing",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="summary",
            field=models.JSONField(
                blank=True,
                help_text="see records.timelines.summarize",
                null=True,
                verbose_name="summary",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="tracks",
            field=models.JSONField(
                default=list,
                help_text="of each face that was followed: number, times, samples, expression",
                verbose_name="tracks",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="truncated",
            field=models.BooleanField(
                default=False,
                help_text="not all of the film could be read",
                verbose_name="truncated",
            ),
        ),
        migrations.AlterField(
            model_name="timeline",
            name="width",
            field=models.PositiveIntegerField(
                default=0, help_text="of the frames, in pixels", verbose_name="width"
            ),
        ),
    ]
