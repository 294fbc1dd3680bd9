"""One spelling of a text, so that a word is found however it is written.

Full or half width, large or small, traditional or simplified characters, accents, Cyrillic and Greek letters that look
like Latin ones, and marks that nobody sees: none of them makes another word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

#: letters of other scripts, and small capitals, after what they look like
_LOOKS_LIKE = {
    "a": "аαɑᴀ", "b": "ьʙᏼ", "c": "сϲᴄ", "d": "ԁᴅ", "e": "еєεҽᴇ", "f": "ϝғ", "g": "ɡԍɢ", "h": "һнʜ", "i": "іιıɩɪ",
    "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟ", "m": "мᴍ", "n": "пηɴո", "o": "оοσօᴏ", "p": "рρᴘ", "q": "ԛգ", "r": "гʀ",
    "s": "ѕꜱ", "t": "тτᴛ", "u": "υսᴜ", "v": "νѵᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уγүʏ", "z": "ᴢ",
}  # fmt: skip
_LATIN = str.maketrans({other: letter for letter, others in _LOOKS_LIKE.items() for other in others})
#: shown as nothing though Unicode calls them letters, symbols or controls
_UNSEEN = re.compile("[\u115f\u1160\u2800\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    lines = bare.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _simplifier().convert(_UNSEEN.sub("", unicodedata.normalize("NFKC", lines)).translate(_LATIN))


@cache
def _simplifier() -> OpenCC:
    from opencc import OpenCC  # its tables are read only where a text is checked

    return OpenCC("t2s")
