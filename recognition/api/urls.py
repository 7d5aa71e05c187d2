from django.urls import path
from rest_framework.routers import SimpleRouter

from recognition.api.views import ExplanationView, JobViewSet, RecognitionsView

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")

urlpatterns = [
    path("recognitions/", RecognitionsView.as_view(), name="recognitions"),
    path("faces/<uuid:pk>/explanation/", ExplanationView.as_view(), name="face-explanation"),
    *router.urls,
]
