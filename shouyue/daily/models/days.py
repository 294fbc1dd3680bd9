"""Which business days have been published to the desk."""

from __future__ import annotations

from django.db import models


class DailyRun(models.Model):
    """One published day. The same day, book version and strategy version publish once."""

    as_of = models.DateField()
    book = models.CharField(max_length=200)
    book_version = models.CharField(max_length=64)
    strategy = models.CharField(max_length=80)
    strategy_digest = models.CharField(max_length=64)
    #: number of the released version that was in force; null when the strategy came from a file
    strategy_release = models.PositiveIntegerField(null=True)
    convention = models.CharField(max_length=64)
    #: only what the lender's books knew by this day counted; null: all that the version knows
    known_at = models.DateField(null=True)
    published_at = models.DateTimeField()
    #: counts and money of the run: cases opened, updated, closed, promises judged, seconds per stage
    totals = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["as_of", "book", "book_version", "strategy", "strategy_digest"],
                name="a_day_is_published_once",
            )
        ]
        indexes = [models.Index(fields=["-as_of", "-published_at"])]

    def __str__(self) -> str:
        return f"{self.as_of} {self.book_version} {self.strategy}"
