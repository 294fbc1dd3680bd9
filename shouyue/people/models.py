"""Organisation and staff: head office, regions, stores, and the people with their roles."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    REP = "rep", _("Rep")
    STORE_MANAGER = "store_manager", _("Store manager")
    HEAD_OFFICE = "head_office", _("Head office")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Administrator")


class Region(models.Model):
    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="stores")

    def __str__(self) -> str:
        return self.name or self.code


class Line(models.TextChoices):
    """What somebody calls from; empty: as the house says (``SHOUYUE_RECORDED_LINE``)."""

    RECORDED = "recorded", _("Recorded line")
    UNRECORDED = "unrecorded", _("Line that is not recorded")
    PRIVATE = "private", _("Private phone")


class User(AbstractUser):
    """One who signs in. ``store`` is where a rep or a store manager works; others have none."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.REP)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="staff")
    full_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    #: signs in with a code besides the password
    second_factor = models.BooleanField(default=False)
    #: minutes of calls a day that allocation may give; 0 when away
    capacity_minutes = models.PositiveIntegerField(default=360)
    #: contact with a third person that is not logged yet; until it is, no other page opens for this user
    third_call = models.UUIDField(null=True, blank=True)
    #: day of the last examination passed, of those that stand (``Examination``)
    examined_on = models.DateField(null=True, blank=True)
    line = models.CharField(max_length=12, choices=Line.choices, blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(role__in=["rep", "store_manager"]) | models.Q(store__isnull=False),
                name="rep_and_manager_have_a_store",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.username


class Examination(models.Model):
    """A day on which somebody passed the examination (考核), or that it does not stand. Appended, never edited.

    The newest row of a user and day counts.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="examinations")
    passed_on = models.DateField()
    #: number of the certificate
    reference = models.CharField(max_length=64, blank=True)
    withdrawn = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.passed_on}"


class RecoveryCode(models.Model):
    """What lets one in once without the phone; only a keyed digest of it is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes", db_index=False)
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
