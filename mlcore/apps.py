from django.apps import AppConfig


class MLCoreConfig(AppConfig):
    """Only lends `mlcore` its management commands; it has no tables."""

    name = "mlcore"
    verbose_name = "Faces and networks"
