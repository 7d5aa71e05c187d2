"""Who may see which row of accounts."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class PersonalQuerySet(models.QuerySet[Any]):
    """Rows that are one person's alone."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return self.filter(user=user) if user.is_authenticated else self.none()


class AuditQuerySet(models.QuerySet[Any]):
    """Entries are shown to whom the thing belonged."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()
