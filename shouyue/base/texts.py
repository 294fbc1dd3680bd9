"""A text in both languages."""

from __future__ import annotations


class Bilingual:
    """What has its text in both languages: ``zh`` and ``en``."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The one for a language as Django or a browser names it."""
        return self.zh if lang.lower().startswith("zh") else self.en
