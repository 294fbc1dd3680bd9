"""What the random walks over the desk's states start from: a world of their own that is gone afterwards."""

from __future__ import annotations

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from shouyue.people.models import Store, User
from shouyue.reports import witness


class Walk(RuleBasedStateMachine):
    """One store, no staff; everything that a walk does is rolled back at its end."""

    def __init__(self):
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.store = Store.objects.create(code="S1")
        self.day = 0

    def hire(self, name: str, role: str) -> User:
        store = self.store if role in ("rep", "store_manager") else None
        return User.objects.create(username=name, role=role, store=store)

    def teardown(self):
        """Nothing that the desk itself does looks to an auditor like an alteration."""
        try:
            assert list(witness.altered()) == []
        finally:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)
