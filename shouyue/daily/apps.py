from django.apps import AppConfig


class DailyConfig(AppConfig):
    name = "shouyue.daily"
    label = "daily"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shouyue.daily import strategies

        strategies.register()
