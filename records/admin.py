"""What moderators see. Pictures come through the admin's own checked views."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audited_admin import AuditedAdmin, ReadOnlyAdmin
from records.api.files import file_response
from records.models import Face, Media, Record, Timeline
from records.services import record_delete, record_edit


class PictureAdmin(AuditedAdmin):
    """Adds a picture to list and form, served to whoever may view the model."""

    def get_picture(self, row: Any) -> FieldFile:
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # rows come from uploads alone

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_picture"
        view = self.admin_site.admin_view(self.picture_view)
        return [path("<uuid:pk>/picture/", view, name=name), *super().get_urls()]

    def picture_view(self, request: HttpRequest, pk: str) -> HttpResponseBase:
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        response = file_response(request, self.get_picture(row), str(row))
        self.audit(request, row, "downloaded")
        return response

    @admin.display(description=_("probability"), ordering="probability")
    def share(self, row: Any) -> str:
        return "" if row.probability is None else f"{row.probability:.1%}"

    @admin.display(description=_("picture"))
    def picture(self, row: Model) -> SafeString:
        if not self.get_picture(row):
            return format_html("{}", gettext("not kept"))
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_picture", args=[row.pk])
        return format_html('<img src="{}" alt="" height="64" loading="lazy">', url)


class FaceInline(admin.TabularInline):
    model = Face
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        *("index", "expression", "probability", "uncertain", "corrected_expression"),
        *("corrected_by", "corrected_at", "quality", "quality_issues"),
        *("x", "y", "width", "height"),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Record)
class RecordAdmin(PictureAdmin):
    list_display = (
        "picture",
        "name",
        "owner",
        "state",
        "face_count",
        "expression",
        "share",
        "uncertain",
        "corrections",
        "kind",
        "created_at",
        "deleted",
    )
    list_display_links = ("picture", "name")
    list_filter = (
        *("state", "kind", "expression", "corrected_expression", "uncertain"),
        *("model_name", "model_version", "detector", "created_at"),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("owner", "media")
    search_fields = ("name", "note", "tags__name", "media__file_name", "owner__username", "=id")
    date_hierarchy = "created_at"
    inlines = [FaceInline]
    readonly_fields = (
        *(
            "picture",
            "owner",
            "media",
            "state",
            "error_code",
            "error_detail",
            "detector",
            "model_name",
        ),
        *(
            "model_version",
            "face_count",
            "expression",
            "probability",
            "uncertain",
            "created_at",
            "recognized_at",
        ),
        *("note", "kind", "tags", "corrected_expression", "corrections", "revision", "deleted_at"),
    )
    exclude = ("annotated",)

    @admin.display(description=_("deleted"), boolean=True, ordering="deleted_at")
    def deleted(self, row: Record) -> bool:
        """By its owner, who no longer sees it; it goes for good within a minute."""
        return row.deleted_at is not None

    def get_picture(self, row: Record) -> FieldFile:
        return row.media.thumbnail

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Faces and jobs go along; that nobody may delete one by itself is no obstacle.
        deleted, counts, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected

    def save_model(self, request: HttpRequest, obj: Record, form: Any, change: bool) -> None:
        record_edit(record=obj, name=obj.name, note=obj.note)

    def delete_model(self, request: HttpRequest, obj: Record) -> None:
        record_delete(record=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> None:
        for record in queryset:
            record_delete(record=record)


@admin.register(Media)
class MediaAdmin(PictureAdmin):
    list_display = (
        "picture",
        "file_name",
        "owner",
        "kind",
        "width",
        "height",
        "size",
        "created_at",
    )
    list_display_links = ("picture", "file_name")
    list_filter = ("kind", "purpose", "keep", "content_type", "created_at")
    list_select_related = ("owner",)
    search_fields = ("file_name", "owner__username", "=id")
    readonly_fields = (
        *("picture", "owner", "kind", "file_name", "content_type", "size", "width", "height"),
        *("consent_at", "purpose", "keep", "delete_at", "created_at"),
    )
    exclude = ("original", "thumbnail")

    def get_picture(self, row: Media) -> FieldFile:
        return row.thumbnail

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # delete its record: that takes the files along


@admin.register(Face)
class FaceAdmin(PictureAdmin):
    owner_path = "record.owner"
    list_display = (
        *("picture", "record", "index", "expression", "corrected_expression", "share"),
        *("uncertain", "quality", "detection_score"),
    )
    list_display_links = ("picture", "record")
    list_filter = ("expression", "corrected_expression", "uncertain")
    list_select_related = ("record__owner",)
    search_fields = ("record__name", "record__owner__username", "=id", "=record__id")
    readonly_fields = (
        *("picture", "record", "index", "expression", "probability", "probabilities"),
        *("uncertain", "quality", "quality_issues"),
        *("corrected_expression", "corrected_by", "corrected_at"),
        *("x", "y", "width", "height", "detection_score"),
    )
    exclude = ("crop",)

    def get_picture(self, row: Face) -> FieldFile:
        return row.crop

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Timeline)
class TimelineAdmin(ReadOnlyAdmin):
    list_display = ("id", "record", "owner", "duration", "sample_count", "created_at")
    list_select_related = ("record", "owner")
    search_fields = ("=id", "=record__id", "record__name", "owner__username")
    date_hierarchy = "created_at"
