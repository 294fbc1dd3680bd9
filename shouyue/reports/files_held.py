"""What the audit chain knows by a hash alone: PDFs of letters, files for the core, rule packs and scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Model

from shouyue.casework import instructions
from shouyue.casework.models import (
    Instruction,
    ScriptText,
)
from shouyue.compliance.models import GateDecision, PolicyPack
from shouyue.compliance.pack import canonical
from shouyue.messaging.letters import making
from shouyue.messaging.models import Letter
from shouyue.reports.claims import Altered


def letters(some: Iterable[Letter], known: Mapping[str, int]) -> Iterator[Altered]:
    """PDFs that are not as archived; ``known`` are the entries that bear witness of a letter's, by its id."""
    for letter in some:
        if (found := making.on_disk(letter)) != letter.sha256:
            seq = known.get(str(letter.pk))
            yield Altered(seq, f"PDF {letter.number}", "sha256" if found else "", letter.sha256, found)


#: rows under the digest of what they hold; other rows, which the chain knows, name them by it
_UNDER_DIGEST: Mapping[type[Model], Callable[[Any], str]] = {
    PolicyPack: lambda row: hashlib.sha256(canonical(row.content).encode()).hexdigest(),
    ScriptText: lambda row: hashlib.sha256(row.text.encode()).hexdigest(),
}


def under_digests() -> Iterator[Altered]:
    """Rule packs and scripts that are not what decisions and contacts went by, or are gone."""
    for model, digest in _UNDER_DIGEST.items():
        for row in model._default_manager.order_by("pk").iterator():
            if (now := digest(row)) != row.pk:
                yield Altered(None, f"{model.__name__} {row.pk}", "content", row.pk, now)
    kept = PolicyPack.objects.values("digest")
    for gone in GateDecision.objects.exclude(pack_digest__in=kept).values_list("pack_digest", flat=True).distinct():
        yield Altered(None, f"PolicyPack {gone}", "", gone, "")


def instructions_on_disk() -> Iterator[Altered]:
    """Files for the core whose text is kept, as far as they lie in the desk's own folder: the core takes them away."""
    for made in Instruction.objects.exclude(text="").order_by("pk").iterator():
        path = instructions.folder() / instructions.name(made)
        if path.exists() and (now := hashlib.sha256(path.read_bytes()).hexdigest()) != made.sha256:
            yield Altered(None, f"File {path.name}", "sha256", made.sha256, now)
