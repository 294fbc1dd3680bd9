"""Experiments as they were run: their definition, the instalments that were drawn, and the results day by day."""

from __future__ import annotations

from django.db import models


class Registered(models.Model):
    """An experiment as a published strategy defined it. Another definition under the same salt is another row, so that
    a share changed half-way is seen."""

    experiment = models.CharField(max_length=80)
    salt = models.CharField(max_length=80)
    #: SHA-256 of the definition
    digest = models.CharField(max_length=64)
    #: since, until, arms with their shares (exact fractions) and names, cut-off, horizon, planned size
    definition = models.JSONField()
    strategy = models.CharField(max_length=80)
    first_on = models.DateField()
    last_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "salt", "digest"], name="an_experiment_is_registered_once")
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.salt}"


class Enrolment(models.Model):
    """An instalment that came within a week of its due date while an experiment lived (入组), and its customer's arm.

    Enrolled whether or not the strategy had work on it, so that the arms are alike in all but what was done. Appended
    by the daily cycle, once per instalment and experiment. ``exempt``: the customer was protected from the hold-out on
    that day, by a fact that no arm can have changed; he is in no comparison.
    """

    experiment = models.CharField(max_length=80)
    salt = models.CharField(max_length=80)
    arm = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=64)
    loan_id = models.CharField(max_length=64)
    due_on = models.DateField()
    due_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    exempt = models.BooleanField(default=False)
    enrolled_on = models.DateField()
    strategy = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "salt", "due_on", "loan_id"], name="an_instalment_is_enrolled_once"
            )
        ]
        indexes = [models.Index(fields=["customer_id", "due_on"])]

    def __str__(self) -> str:
        return f"{self.experiment} {self.arm} {self.loan_id} {self.due_on}"


class ExperimentResult(models.Model):
    """What an experiment says as of a business day; worked out anew from the book, so the same day may be replaced."""

    experiment = models.CharField(max_length=80)
    salt = models.CharField(max_length=80)
    as_of = models.DateField()
    book = models.CharField(max_length=200)
    book_version = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    #: ``reports.experiments`` describes it
    result = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "salt", "as_of"], name="an_experiment_has_one_result_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.as_of}"
