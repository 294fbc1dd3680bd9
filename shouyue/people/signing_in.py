"""Who signs in, and who a session belongs to."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from shouyue.people.models import User


class Backend(ModelBackend):
    """Django's own, reading a session's user together with the store that every page names."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("store").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
