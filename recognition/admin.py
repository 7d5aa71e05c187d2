from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.audited_admin import AuditedAdmin, ReadOnlyAdmin
from ferproject.common.problems import Problem
from mlcore.artifacts import CARD
from mlcore.errors import ArtifactError
from recognition.models import FilmUpload, Job, LiveSession, TrainedModel
from recognition.selectors import active_model_folder, previous_model
from recognition.services import job_retry, model_activate, model_go_back, models_discover


@admin.register(Job)
class JobAdmin(AuditedAdmin):
    list_display = (
        "id",
        "record",
        "kind",
        "owner",
        "detector",
        "model",
        "state",
        "progress",
        "attempts",
        "error_code",
        "created_at",
        "finished_at",
    )
    list_filter = ("kind", "state", "error_code", "created_at")
    list_select_related = ("record", "owner")
    search_fields = ("=id", "=record__id", "record__name", "owner__username")
    date_hierarchy = "created_at"
    actions = ["retry"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False  # a job's state is the workers' to write

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False  # it goes with its record

    @admin.action(description=_("Try failed jobs again"), permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        queued = 0
        for job in queryset.select_related("owner", "record__media", "record__owner"):
            try:
                done = job_retry(job=job)
            except Problem as problem:
                self.message_user(request, f"{job}: {problem.detail}", messages.WARNING)
                continue
            if done:
                self.audit(request, job, "retried")
            queued += done
        text = gettext("%(count)d jobs were queued again.") % {"count": queued}
        self.message_user(request, text, messages.SUCCESS)


@admin.register(FilmUpload)
class FilmUploadAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "file_name", "owner", "size", "offset", "rate", "detector"),
        *("created_at", "expires_at", "record"),
    )
    list_filter = ("detector", "purpose", "created_at", ("record", admin.EmptyFieldListFilter))
    list_select_related = ("owner", "record")
    search_fields = ("=id", "=record__id", "file_name", "owner__username")
    date_hierarchy = "created_at"


@admin.register(LiveSession)
class LiveSessionAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "owner", "detector", "model", "samples", "restarts"),
        *("created_at", "seen_at", "finished_at"),
    )
    list_filter = ("detector", "created_at", ("finished_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner", "timeline")
    search_fields = ("=id", "=record__id", "owner__username")
    date_hierarchy = "created_at"

    @admin.display(description=_("samples"))
    def samples(self, session: LiveSession) -> int:
        return session.timeline.sample_count


@admin.register(TrainedModel)
class TrainedModelAdmin(admin.ModelAdmin):
    """Every model that can be served, with its report; one click activates, one goes back."""

    change_list_template = "admin/recognition/trainedmodel/change_list.html"
    list_display = (
        "name",
        "version",
        "is_active",
        "fer2013",
        "ferplus",
        "is_present",
        "activated_at",
    )
    list_filter = ("name", "is_present")
    search_fields = ("name", "version")
    fields = readonly_fields = (
        *("name", "version", "is_active", "folder", "is_present", "found_at"),
        *("activated_at", "activated_by", "report"),
    )
    actions = ["activate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # models are found in folders; none is ever uploaded

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainedModel]:
        active = ExpressionWrapper(Q(folder=_active_folder(request)), output_field=BooleanField())
        return super().get_queryset(request).annotate(recognises=active)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.go_back_view))
        return [
            path("go-back/", view, name="recognition_trainedmodel_go_back"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        models_discover()
        return super().changelist_view(
            request, {"previous": previous_model(), **(extra_context or {})}
        )

    def go_back_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            model = model_go_back(by=request.user)  # type: ignore[arg-type]
        except ArtifactError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            if model is None:
                text = gettext("No other model was active before.")
                self.message_user(request, text, messages.WARNING)
            else:
                text = gettext("%(model)s is active again.") % {"model": model}
                self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:recognition_trainedmodel_changelist"))

    @admin.action(description=_("Make active"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[TrainedModel]) -> None:
        if queryset.count() != 1:
            self.message_user(request, gettext("Choose one model."), messages.ERROR)
            return
        model = queryset.get()
        try:
            model_activate(model=model, by=request.user)  # type: ignore[arg-type]
        except ArtifactError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            text = gettext("%(model)s is active.") % {"model": model}
            self.message_user(request, text, messages.SUCCESS)

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, model: TrainedModel) -> bool:
        return bool(model.recognises)  # type: ignore[attr-defined]

    @admin.display(description="FER2013")
    def fer2013(self, model: TrainedModel) -> str:
        return _score(model, "fer2013_views")

    @admin.display(description="FER+")
    def ferplus(self, model: TrainedModel) -> str:
        return _score(model, "ferplus_views")

    @admin.display(description=_("report"))
    def report(self, model: TrainedModel) -> SafeString:
        card = Path(model.folder) / CARD
        text = card.read_text() if card.is_file() else gettext("It is gone.")
        return format_html("<pre>{}</pre>", text)


def _active_folder(request: HttpRequest) -> str:
    """Where the model lies that recognises; "" if there is none.

    Not that of the one activated last: where none was, the settings' one recognises. Kept with the
    request, for it reads files, and a page asks for its rows and for each filter.
    """
    kept: str | None = getattr(request, "active_model_folder", None)
    if kept is None:
        try:
            kept = str(active_model_folder())
        except ArtifactError:
            kept = ""
        request.active_model_folder = kept  # type: ignore[attr-defined]
    return kept


def _score(model: TrainedModel, measure: str) -> str:
    """A score on PrivateTest with all views, if the model has it."""
    measures = model.metadata.get("scores", {}).get("PrivateTest", {}).get("all", {})
    return f"{measures[measure]['value']:.1%}" if measure in measures else ""
