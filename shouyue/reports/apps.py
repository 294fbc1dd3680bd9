from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "shouyue.reports"
    label = "reports"
