"""The admin's pages of what belongs to people: every look and change is noted."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.audit import audit_note
from accounts.models import User


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes an `AuditEntry` where a moderator opens, changes or deletes what is not theirs.

    `owner_path` leads from a row to its person, as "record.owner"; "" where it is the person. An
    admin action or view of your own calls `audit` itself.
    """

    owner_path = "owner"

    def get_owner(self, row: Any) -> User | None:
        for name in filter(None, self.owner_path.split(".")):
            row = getattr(row, name)
        owner: User | None = row
        return owner

    def audit(self, request: HttpRequest, row: Model, action: str, detail: str = "") -> None:
        owner = self.get_owner(row)
        audit_note(actor=request.user, action=action, thing=row, owner=owner, detail=detail)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            self.audit(request, obj, "viewed")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        self.audit(request, context["object"], "viewed")
        return super().render_delete_form(request, context)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        self.audit(request, obj, "changed", _fields_changed(message))
        return _without_content(super().log_change(request, obj, message), obj)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        rows = list(queryset)
        for row in rows:
            self.audit(request, row, "deleted")
        entries: list[LogEntry] = super().log_deletions(request, rows)  # type: ignore[arg-type]
        for row, entry in zip(rows, entries, strict=True):
            _without_content(entry, row)
        return entries


class ReadOnlyAdmin(AuditedAdmin):
    """Rows that nobody writes or deletes by hand, whatever their permissions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _without_content(entry: LogEntry, row: Model) -> LogEntry:
    """The admin's own log outlives a row too: it need not say what its owner called it."""
    entry.object_repr = f"{row._meta.verbose_name_raw} {row.pk}"
    entry.save(update_fields=["object_repr"])
    return entry


def _fields_changed(message: Any) -> str:
    """The names of the changed fields out of the admin's own message."""
    if not isinstance(message, list):
        return str(message)
    parts = [part.get("changed", {}).get("fields", []) for part in message]
    return ", ".join(str(name) for names in parts for name in names)
