from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "shouyue.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shouyue.messaging import witnessed  # noqa: F401 - names the rows of letters
