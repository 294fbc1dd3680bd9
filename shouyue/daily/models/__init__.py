"""What the daily cycle keeps: published days, and who was drawn to which arm of an experiment."""

from shouyue.daily.models.days import DailyRun
from shouyue.daily.models.experiments import Enrolment, ExperimentResult, Registered

__all__ = ["DailyRun", "Enrolment", "ExperimentResult", "Registered"]
