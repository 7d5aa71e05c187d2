from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts.api.views import MeView, TokenViewSet

router = SimpleRouter()
router.register("tokens", TokenViewSet)

urlpatterns = [
    path("me/", MeView.as_view(), name="me"),
    path("", include(router.urls)),
]
