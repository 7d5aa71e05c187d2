from django.urls import path
from rest_framework.routers import SimpleRouter

from records.api.reports import ExportView, StatisticsView
from records.api.timelines import SamplesCsvView, SamplesJsonView, SamplesView
from records.api.views import FaceViewSet, RecordViewSet, TagViewSet

router = SimpleRouter()
router.register("records", RecordViewSet, basename="record")
router.register("faces", FaceViewSet, basename="face")
router.register("tags", TagViewSet, basename="tag")

urlpatterns = [
    path("records/statistics/", StatisticsView.as_view(), name="records-statistics"),
    path("records/export/", ExportView.as_view(), name="records-export"),
    path("records/<uuid:pk>/samples/", SamplesView.as_view(), name="record-samples"),
    path("records/<uuid:pk>/samples.csv", SamplesCsvView.as_view(), name="record-samples-csv"),
    path("records/<uuid:pk>/samples.json", SamplesJsonView.as_view(), name="record-samples-json"),
    *router.urls,
]
