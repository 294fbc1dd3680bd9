"""What came of holding a statement of the lender's own system against the book."""

from __future__ import annotations

from django.db import models


class Reconciled(models.Model):
    """One statement against one version of the book under one convention. The loans that differ lie in a file
    (``shouyue.daily.reconciliations``)."""

    as_of = models.DateField()
    book = models.CharField(max_length=200)
    book_version = models.CharField(max_length=64)
    #: digest of the statement's rows, so that the same statement is looked at once
    statement = models.CharField(max_length=64)
    convention = models.CharField(max_length=64)
    convention_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    differing = models.PositiveIntegerField()
    #: sums by state, field and cause: ``shouyue.ageing.reconciling.run.Reconciliation.summary``
    summary = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["as_of", "book", "statement", "convention_digest"], name="a_statement_is_reconciled_once"
            )
        ]
        indexes = [models.Index(fields=["-as_of", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.as_of} {self.book_version} {self.convention}"
