"""Addresses. Whatever the server does not know is the app's, which has a page for the unknown."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.generic import TemplateView

from ferproject.health import healthz

admin.site.site_header = admin.site.site_title = "Expression Lab"
admin.site.index_title = "Moderation"

app_page = ensure_csrf_cookie(TemplateView.as_view(template_name="app.html"))

handler500 = "ferproject.common.problems.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    path("api/v1/", include("ferproject.api")),
    path("_allauth/", include("allauth.headless.urls")),
    re_path(r"^(?!api/|_allauth/|static/|admin/)", app_page, name="app"),
]
