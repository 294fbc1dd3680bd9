"""Trials asked for at the desk: what was asked, how far it is, and what came of it. The rows lie in a folder."""

from __future__ import annotations

from django.db import models

from shouyue.people.models import User


class TrialRun(models.Model):
    """A trial of one strategy against another on a book and a day (试算).

    ``base`` and ``candidate`` are as ``daily.strategies.named`` takes them: ``standard#7``, or the name of a file.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    book = models.CharField(max_length=200)
    as_of = models.DateField()
    base = models.CharField(max_length=80)
    candidate = models.CharField(max_length=80)
    convention = models.CharField(max_length=60)
    #: minutes a day of every rep; null: as the desk has them
    rep_minutes = models.PositiveIntegerField(null=True)

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    #: of ``trial.run.STAGES``, and how much of it
    stage = models.CharField(max_length=8, blank=True)
    done = models.PositiveIntegerField(default=0)
    whole = models.PositiveIntegerField(default=1)
    #: when it last got further
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: why it failed: the error's code and both texts
    code = models.CharField(max_length=16, blank=True)
    zh = models.TextField(blank=True)
    en = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-asked_at"])]

    def __str__(self) -> str:
        return f"{self.base} → {self.candidate} {self.as_of}"
