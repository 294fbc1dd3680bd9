"""What a person writes, held against the pack's words before it is saved or sent. Nobody overrules a block."""

from __future__ import annotations

from typing import Any

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.casework.errors import Invalid
from shouyue.compliance import pack, wording

FORBIDDEN = Code(
    "WORD-001",
    zh="不可使用的措辞，任何人都不能放行，请改写：{hits_zh}",
    en="these words may not be used and nobody can let them pass; write it otherwise: {hits_en}",
    kind=Invalid,
)
NEEDS_REASON = Code(
    "WORD-002",
    zh="请核对措辞；如确需保留，请写明理由：{hits_zh}",
    en="look at these words again; to keep them, say why: {hits_en}",
    kind=Invalid,
)


def passed(text: str, use: str, relation: str = "self", reason: str = "", field: str = "note") -> dict[str, Any]:
    """What is to be kept with the text: the rules that warned and the reason given, or nothing.

    ``relation`` is whom the text goes to. Raises WORD-001 where a rule blocks, WORD-002 where one warns and no reason
    is given; both say which word, why, and by which source.
    """
    hits = wording.check(pack.active(), text, use, relation, clock.now().date())
    if not hits:
        return {}
    said = {f"hits_{lang}": "；".join(_told(hit, lang) for hit in hits) for lang in ("zh", "en")}
    if any(hit.severity == "block" for hit in hits):
        raise FORBIDDEN.error(field=field, **said)
    if not reason.strip() and any(hit.severity == "warn" for hit in hits):
        raise NEEDS_REASON.error(field="wording_reason", **said)
    return {"wording": [hit.rule for hit in hits], "wording_reason": reason.strip()[:300]}


def both(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """What is to be kept with two texts that are kept as one."""
    if not (earlier and later):
        return earlier or later
    rules = list(dict.fromkeys((*earlier["wording"], *later["wording"])))
    return {"wording": rules, "wording_reason": later["wording_reason"] or earlier["wording_reason"]}


def named(kept: dict[str, Any]) -> dict[str, Any]:
    """Of what is kept, the part that may stand in the audit chain: which rules warned, not what was written."""
    return {"wording": kept["wording"]} if kept else {}


def _told(hit: wording.Hit, lang: str) -> str:
    source = hit.source_zh if lang == "zh" else hit.source_en
    return f"{hit.text(lang)}（{source}）" if lang == "zh" else f"{hit.text(lang)} ({source})"
