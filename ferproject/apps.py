from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "ferproject"
    verbose_name = "Expression Lab"

    def ready(self) -> None:
        from ferproject import checks  # noqa: F401  (registers them)
