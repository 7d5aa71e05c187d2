from django.urls import path
from rest_framework.routers import SimpleRouter

from records.api.reports import ExportView, StatisticsView
from records.api.timelines import (
    CaptionsView,
    ElanView,
    SamplesCsvView,
    SamplesJsonLinesView,
    SamplesJsonView,
    SamplesView,
    SegmentsCsvView,
    SegmentsImportView,
    SegmentsView,
    TimelineEditView,
    TracksMergeView,
    TracksUnmergeView,
)
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
    path(
        "records/<uuid:pk>/samples.jsonl",
        SamplesJsonLinesView.as_view(),
        name="record-samples-jsonl",
    ),
    path("records/<uuid:pk>/summary.csv", SegmentsCsvView.as_view(), name="record-summary-csv"),
    path("records/<uuid:pk>/captions.vtt", CaptionsView.as_view(), name="record-captions"),
    path("records/<uuid:pk>/elan.eaf", ElanView.as_view(), name="record-elan"),
    path("records/<uuid:pk>/timeline/", TimelineEditView.as_view(), name="record-timeline"),
    path("records/<uuid:pk>/tracks/merge/", TracksMergeView.as_view(), name="record-tracks-merge"),
    path(
        "records/<uuid:pk>/tracks/unmerge/",
        TracksUnmergeView.as_view(),
        name="record-tracks-unmerge",
    ),
    path("records/<uuid:pk>/segments/", SegmentsView.as_view(), name="record-segments"),
    path(
        "records/<uuid:pk>/segments/import/",
        SegmentsImportView.as_view(),
        name="record-segments-import",
    ),
    *router.urls,
]
