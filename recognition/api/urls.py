from django.urls import path
from rest_framework.routers import SimpleRouter

from recognition.api.imports import ImportView
from recognition.api.views import (
    ExplanationView,
    JobViewSet,
    ModelsView,
    RecognitionsView,
    RecognizeAgainView,
)

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")

urlpatterns = [
    path("recognitions/", RecognitionsView.as_view(), name="recognitions"),
    path("records/import/", ImportView.as_view(), name="records-import"),
    path(
        "records/<uuid:pk>/recognize/", RecognizeAgainView.as_view(), name="record-recognize-again"
    ),
    path("models/", ModelsView.as_view(), name="models"),
    path("faces/<uuid:pk>/explanation/", ExplanationView.as_view(), name="face-explanation"),
    *router.urls,
]
