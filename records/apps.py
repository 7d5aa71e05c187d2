from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("Records")

    def ready(self) -> None:
        from accounts.personal_data import room_register
        from records import signals  # noqa: F401  (connects them)
        from records.personal_data import ROOM

        room_register(self.name, ROOM)
