"""A text in versions, what became of each, and which was put into force from when. All is appended, never edited."""

from __future__ import annotations

from django.db import models

from shouyue.people.models import User


class Document(models.Model):
    """A text that has versions: a strategy, a script. Its row is the lock of everything that happens to it."""

    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_document_of_a_name")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Version(models.Model):
    """A text as it was saved. A change is a new version, with the number of the one it was made from."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    #: SHA-256 of the text in UTF-8
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    based_on = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="versions_are_numbered")]

    def __str__(self) -> str:
        return f"{self.document} #{self.number}"


class Step(models.Model):
    """One step in the life of a version; the newest one's state is the version's."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    #: the findings the check had then, each ``CODE place``, and those that were acknowledged
    findings = models.JSONField(default=list)
    acknowledged = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "seq"], name="steps_are_numbered")]

    def __str__(self) -> str:
        return f"{self.version} {self.state}"


class Release(models.Model):
    """From ``effective_from`` on this version is in force, whatever was said before; none where ``version`` is null."""

    class Kind(models.TextChoices):
        RELEASE = "release"
        ROLL_BACK = "roll_back"
        STOP = "stop"

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="releases", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="releases")
    effective_from = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "seq"], name="releases_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(kind="stop", version__isnull=True)
                | (~models.Q(kind="stop") & models.Q(version__isnull=False)),
                name="a_stop_has_no_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.kind} from {self.effective_from}"
