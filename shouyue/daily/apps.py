from django.apps import AppConfig


class DailyConfig(AppConfig):
    name = "shouyue.daily"
    label = "daily"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shouyue.daily import strategies, witnessed  # noqa: F401 - names the rows of days

        strategies.register()
