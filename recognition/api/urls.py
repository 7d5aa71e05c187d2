from django.urls import path
from rest_framework.routers import SimpleRouter

from recognition.api.views import JobViewSet, RecognitionsView

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")

urlpatterns = [
    path("recognitions/", RecognitionsView.as_view(), name="recognitions"),
    *router.urls,
]
