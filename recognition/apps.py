from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecognitionConfig(AppConfig):
    name = "recognition"
    verbose_name = _("Recognition")

    def ready(self) -> None:
        from accounts.personal_data import room_register
        from accounts.preferences import detectors_register
        from recognition import signals  # noqa: F401  (connects them)
        from recognition.detectors import detector_choices
        from recognition.personal_data import ROOM

        detectors_register(detector_choices)
        room_register(self.name, ROOM)
