from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  (connects them)
        from accounts.personal_data import own_room, room_register

        room_register(self.name, own_room())
