"""Names of models, fields and choices in every language; the database stays as it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_deletion_and_export_leases"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
            },
        ),
        migrations.AlterModelOptions(
            name="auditentry",
            options={
                "ordering": ("-at", "-id"),
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
            },
        ),
        migrations.AlterModelOptions(
            name="consent",
            options={
                "ordering": ("-given_at", "-id"),
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
            },
        ),
        migrations.AlterModelOptions(
            name="dataexport",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "data export",
                "verbose_name_plural": "data exports",
            },
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="digest",
            field=models.CharField(
                editable=False, max_length=64, unique=True, verbose_name="digest"
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="hint",
            field=models.CharField(
                help_text="the key's beginning, to tell it by", max_length=12, verbose_name="hint"
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last used at"),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="name",
            field=models.CharField(max_length=60, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_tokens",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                help_text="as viewed, changed, deleted", max_length=40, verbose_name="action"
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="audit_entries",
                to=settings.AUTH_USER_MODEL,
                verbose_name="actor",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor_name",
            field=models.CharField(max_length=150, verbose_name="actor name"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="detail",
            field=models.CharField(blank=True, max_length=300, verbose_name="detail"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="object_id",
            field=models.CharField(max_length=64, verbose_name="object id"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="object_type",
            field=models.CharField(max_length=60, verbose_name="object type"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="owner",
            field=models.ForeignKey(
                help_text="whose it was",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="audited",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="given_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="given at"),
        ),
        migrations.AlterField(
            model_name="consent",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="version",
            field=models.CharField(
                help_text="of the notice, a date", max_length=20, verbose_name="version"
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, db_index=True, null=True, verbose_name="expires at"
            ),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="file",
            field=models.FileField(
                blank=True, max_length=200, upload_to="exports/", verbose_name="file"
            ),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="lease_until",
            field=models.DateTimeField(
                blank=True,
                help_text="of an open one: after this it is rung again",
                null=True,
                verbose_name="lease until",
            ),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="size",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="in bytes", null=True, verbose_name="size"
            ),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                ],
                default="queued",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="dataexport",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="data_exports",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="erase_at",
            field=models.DateTimeField(
                blank=True,
                db_index=True,
                editable=False,
                help_text="set: the account is being deleted, and from then on whoever comes may go on",
                null=True,
                verbose_name="erase at",
            ),
        ),
    ]
