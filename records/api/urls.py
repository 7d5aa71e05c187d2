from django.urls import path
from rest_framework.routers import SimpleRouter

from records.api.reports import ExportView, StatisticsView
from records.api.views import FaceViewSet, RecordViewSet, TagViewSet

router = SimpleRouter()
router.register("records", RecordViewSet, basename="record")
router.register("faces", FaceViewSet, basename="face")
router.register("tags", TagViewSet, basename="tag")

urlpatterns = [
    path("records/statistics/", StatisticsView.as_view(), name="records-statistics"),
    path("records/export/", ExportView.as_view(), name="records-export"),
    *router.urls,
]
