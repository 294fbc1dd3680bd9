from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "shouyue.casework"
    label = "casework"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shouyue.casework import witnessed  # noqa: F401 - names the desk's rows
        from shouyue.casework.scripts import versions

        versions.register()
