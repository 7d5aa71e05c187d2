from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = "Records"

    def ready(self) -> None:
        from accounts.personal_data import room_register
        from records import signals  # noqa: F401  (connects them)
        from records.personal_data import ROOM

        room_register(self.name, ROOM)
