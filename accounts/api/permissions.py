"""What a token may not do."""

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiToken
from ferproject.common.problems import Problem


class BySession(BasePermission):
    """Only for a person who signed in: a leaked token must not outlive its deletion by making
    others, nor destroy the account."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiToken):
            raise Problem("session_required", _("Sign in to do this; a token is not enough."), 403)
        return True
