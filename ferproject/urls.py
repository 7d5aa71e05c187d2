"""Addresses. Whatever the server does not know is the app's, which has a page for the unknown."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from accounts.forms import ModeratorSignInForm
from ferproject.app_page import app_page
from ferproject.health import healthz
from ferproject.installable import offline_page, service_worker

admin.site.site_header = admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Moderation"
admin.site.login_form = ModeratorSignInForm

handler500 = "ferproject.common.problems.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("sw.js", service_worker),
    path("offline", offline_page),
    path("admin/", admin.site.urls),
    path("api/v1/", include("ferproject.api")),
    path("_allauth/", include("allauth.headless.urls")),
    path("_allauth/", include("allauth.urls")),  # where a provider sends people back to
    re_path(r"^(?!api/|_allauth/|static/|admin/)", app_page, name="app"),
]
