from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "shouyue.releases"
    label = "releases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shouyue.releases import witnessed  # noqa: F401 - names the rows of versions
