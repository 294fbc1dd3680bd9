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


class User(AbstractUser):
    """One who signs in. ``store`` is where a rep or a store manager works; others have none."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.REP)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="staff")
    full_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    #: minutes of calls a day that allocation may give; 0 when away
    capacity_minutes = models.PositiveIntegerField(default=360)
    #: contact with a third person that is not logged yet; until it is, no other page opens for this user
    third_call = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(role__in=["rep", "store_manager"]) | models.Q(store__isnull=False),
                name="rep_and_manager_have_a_store",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.username
