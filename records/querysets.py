"""Who may see which row. Views, tasks and commands reach guarded rows through `visible_to` only."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows with an owner."""

    owner_field = "owner"

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """The rows that are this person's own; moderators see others' in the admin alone."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(**{self.owner_field: user})


class FaceQuerySet(OwnedQuerySet):
    """Faces belong to the owner of their record."""

    owner_field = "record__owner"
