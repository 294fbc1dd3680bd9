"""What the daily cycle keeps: published days, who was drawn to which arm of an experiment, trials, reconciliations."""

from shouyue.daily.models.days import DailyRun
from shouyue.daily.models.experiments import Enrolment, ExperimentResult, Registered
from shouyue.daily.models.reconciliation import Reconciled
from shouyue.daily.models.trials import TrialRun

__all__ = ["DailyRun", "Enrolment", "ExperimentResult", "Reconciled", "Registered", "TrialRun"]
