from django.urls import path
from rest_framework.routers import SimpleRouter

from recognition.api.films import FilmMakingView, FilmsView, FilmView
from recognition.api.imports import ImportView
from recognition.api.live.views import (
    LiveFinishView,
    LiveFramesView,
    LivePictureView,
    LiveSamplesView,
    LiveSessionView,
    LiveView,
)
from recognition.api.practice import PracticeView
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
    path("films/", FilmsView.as_view(), name="films"),
    path("films/<uuid:pk>/", FilmView.as_view(), name="film"),
    path("records/<uuid:pk>/film/", FilmMakingView.as_view(), name="record-film"),
    path("live/", LiveView.as_view(), name="live"),
    path("live/<uuid:pk>/", LiveSessionView.as_view(), name="live-session"),
    path("live/<uuid:pk>/frames/", LiveFramesView.as_view(), name="live-frames"),
    path("live/<uuid:pk>/samples/", LiveSamplesView.as_view(), name="live-samples"),
    path("live/<uuid:pk>/picture/", LivePictureView.as_view(), name="live-picture"),
    path("live/<uuid:pk>/finish/", LiveFinishView.as_view(), name="live-finish"),
    path("practice/", PracticeView.as_view(), name="practice"),
    path("models/", ModelsView.as_view(), name="models"),
    path("faces/<uuid:pk>/explanation/", ExplanationView.as_view(), name="face-explanation"),
    *router.urls,
]
