from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from recognition.models import Job
from recognition.services import job_retry


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    list_display = (
        "id",
        "record",
        "owner",
        "state",
        "progress",
        "attempts",
        "error_code",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "error_code", "created_at")
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

    @admin.action(description="Try failed jobs again", permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        queued = sum(job_retry(job=job) for job in queryset.select_related("record"))
        self.message_user(request, f"{queued} jobs were queued again.", messages.SUCCESS)
