"""What moderators see of people."""

from typing import Any

import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401  (they register what is taken back below)
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audited_admin import AuditedAdmin, ReadOnlyAdmin
from accounts.deletion import account_delete
from accounts.models import ApiToken, AuditEntry, Consent, DataExport, User

# Providers come from the environment alone: the pages' policy depends on it. The secrets of second
# factors are for nobody to see.
admin.site.unregister([SocialApp, SocialToken, Authenticator])


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):
    owner_path = ""
    list_display = (
        "username",
        "email",
        "is_active",
        "is_staff",
        "date_joined",
        "last_login",
        "record_count",
    )
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    date_hierarchy = "date_joined"
    ordering = ("-date_joined",)
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (
            _("Settings"),
            {"fields": ("display_name", "language", "theme", "detector", "keep", "keep_days")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(record_count=Count("records"))

    @admin.display(description=_("records"), ordering="record_count")
    def record_count(self, user: User) -> int:
        return user.record_count  # type: ignore[attr-defined]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Everything of theirs goes, and is too much to be listed one by one.
        text = gettext("%(name)s, with everything that is theirs")
        names = [text % {"name": user.get_username()} for user in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        if not account_delete(user=obj):
            text = gettext("%(name)s is being deleted by a worker.") % {"name": obj}
            self.message_user(request, text, messages.INFO)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


class RemovableAdmin(ReadOnlyAdmin):
    """Rows that a moderator may take away, and neither make nor change."""

    owner_path = "user"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(ApiToken)
class ApiTokenAdmin(RemovableAdmin):
    """Nobody sees a digest."""

    owner_path = "user"
    list_display = ("name", "hint", "user", "created_at", "last_used_at")
    list_filter = ("created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("id", "name", "hint", "user__username")
    exclude = ("digest",)


@admin.register(Authenticator)
class AuthenticatorAdmin(RemovableAdmin):
    """A moderator helps a person who lost their phone by deleting it here."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("id", "user__username")
    exclude = ("data",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "object_type", "object_id", "owner", "detail")
    list_filter = ("action", "object_type", "at")
    list_select_related = ("owner",)
    search_fields = ("id", "actor_name", "owner__username", "=object_id")
    date_hierarchy = "at"


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """The proof of what people agreed to."""

    owner_path = "user"
    list_display = ("user", "version", "given_at", "withdrawn_at")
    list_filter = ("version", "given_at", "withdrawn_at")
    list_select_related = ("user",)
    search_fields = ("id", "user__username", "version")


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin):
    """That there is one, not what is in it."""

    owner_path = "user"
    list_display = ("user", "state", "size", "created_at", "finished_at", "expires_at")
    list_filter = ("state", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    exclude = ("file",)
