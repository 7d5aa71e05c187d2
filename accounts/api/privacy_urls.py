"""Consent, audit, data exports, deletion."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.api.consent import ConsentView
from accounts.api.personal_data import AuditViewSet, DataExportViewSet, DeleteAccountView

router = SimpleRouter()
router.register("data-exports", DataExportViewSet, basename="data-export")
router.register("audit", AuditViewSet, basename="audit")

urlpatterns = [
    path("consent/", ConsentView.as_view(), name="consent"),
    path("me/delete/", DeleteAccountView.as_view(), name="delete-account"),
    *router.urls,
]
