from rest_framework.routers import SimpleRouter

from records.api.views import FaceViewSet, RecordViewSet

router = SimpleRouter()
router.register("records", RecordViewSet, basename="record")
router.register("faces", FaceViewSet, basename="face")

urlpatterns = router.urls
