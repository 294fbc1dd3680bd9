"""A rule pack: contact law as data. One TOML file, read once, checked, and never looser than its base.

A rule says what it limits in words (zh, en), which ``kind`` of the engine judges it (see kinds.py), what it applies
to (channels, purposes, relations), what lifts it (``unless``), and its values by the day from which they are valid,
each with its source. docs/compliance.md shows how to write one.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.base import settings
from shouyue.compliance import errors, kinds
from shouyue.compliance.rule import CHANNELS, EVIDENCE, SEVERITIES, Pack, Rule, Value, Words

#: behind the source of a rule of which nobody here has read the text
_SUMMARY = {"zh": "，仅据公开摘要，未读原文", "en": ", by a published summary, its text not read"}
FOLDER = Path(__file__).with_name("packs")


def canonical(value: object) -> str:
    """JSON with one spelling: sorted keys, no spaces, days as ISO text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def build(base: Mapping[str, Any], house: Mapping[str, Any] | None = None) -> Pack:
    """The pack of parsed files. Raises GATE-001 on a malformed one, GATE-003 where the house loosens a rule."""
    content = json.loads(canonical({"base": base, "house": house}))
    name = f"{base['id']} {base['version']}"
    documents = dict(base.get("documents", {}))
    rules = [_rule(name, raw, {}, documents) for raw in base.get("rule", ())]
    if house:
        house_name = f"{house['id']} {house['version']}"
        if house.get("base") != base["id"]:
            raise errors.BAD_PACK.error(pack=house_name, where="base", what=f"{house.get('base')} ≠ {base['id']}")
        name = f"{name} + {house_name}"
        by_id = {rule.id: rule for rule in rules}
        documents |= house.get("documents", {})
        for raw in house.get("rule", ()):
            rule = _rule(house_name, raw, by_id, documents)
            if rule.tightens:
                kinds.check_tighter(by_id[rule.tightens], rule)
            rules.append(rule)
    ids = [rule.id for rule in rules]
    if twice := {i for i in ids if ids.count(i) > 1}:
        raise errors.BAD_PACK.error(pack=name, where="id", what=", ".join(sorted(twice)))
    for rule in rules:
        kinds.check(name, rule)
    digest = hashlib.sha256(canonical(content).encode()).hexdigest()
    return Pack(name, base["title"]["zh"], base["title"]["en"], tuple(rules), digest, content)


def _rule(
    pack: str, raw: Mapping[str, Any], by_id: Mapping[str, Rule], documents: Mapping[str, Mapping[str, str]]
) -> Rule:
    where = str(raw.get("id", "?"))
    try:
        base = by_id[raw["tightens"]] if raw.get("tightens") else None
        if base is not None and (given := {"kind", "channels", "purposes", "relations", "not_relations"} & raw.keys()):
            raise errors.BAD_PACK.error(pack=pack, where=where, what=f"tightens {base.id}, so leave out {given}")
        values = tuple(sorted((_value(v, base, documents) for v in raw["value"]), key=lambda v: v.valid_from))
        scope = {
            key: getattr(base, key) if base else frozenset(raw.get(key, ()))
            for key in ("channels", "purposes", "relations", "not_relations")
        }
        rule = Rule(
            id=raw["id"],
            kind=base.kind if base else raw["kind"],
            severity=raw.get("severity", base.severity if base else "block"),
            evidence=raw.get("evidence", "house" if base else ""),
            zh=raw.get("zh") or (base.zh if base else ""),
            en=raw.get("en") or (base.en if base else ""),
            values=values,
            unless=tuple(raw.get("unless", base.unless if base else ())),
            tightens=raw.get("tightens", ""),
            enforced_by=_both(raw.get("enforced_by", "")),
            note=_both(raw.get("note", "")),
            press=tuple(raw.get("press", ())),
            **scope,
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise errors.BAD_PACK.error(pack=pack, where=where, what=repr(wrong)) from None
    for key, given, known in (("severity", rule.severity, SEVERITIES), ("evidence", rule.evidence, EVIDENCE)):
        if given not in known:
            raise errors.BAD_PACK.error(pack=pack, where=f"{where}.{key}", what=given)
    if unknown := rule.channels - set(CHANNELS):
        raise errors.BAD_PACK.error(pack=pack, where=f"{where}.channels", what=", ".join(sorted(unknown)))
    excepted = {*rule.unless, *(fact for value in rule.values for fact in value.params.get("except", ()))}
    if unknown := set(rule.press) - excepted:
        raise errors.BAD_PACK.error(pack=pack, where=f"{where}.press", what=", ".join(sorted(unknown)))
    if not (rule.zh and rule.en and rule.values):
        raise errors.BAD_PACK.error(pack=pack, where=where, what="zh, en, value")
    return rule


def _both(said: str | Mapping[str, str]) -> Words:
    """A text in both languages; one that a file has in a single one stands for both."""
    return Words(said, said) if isinstance(said, str) else Words(said["zh"], said["en"])


def _value(raw: Mapping[str, Any], base: Rule | None, documents: Mapping[str, Mapping[str, str]]) -> Value:
    params = {k: v for k, v in raw.items() if k not in ("valid_from", "source")}
    if base is not None:
        params = {**base.values[-1].params, **params}
    since = raw["valid_from"]
    return Value(
        valid_from=since if isinstance(since, date) else date.fromisoformat(since),
        source_zh="；".join(_cite(s, documents, "zh") for s in raw["source"]),
        source_en="; ".join(_cite(s, documents, "en") for s in raw["source"]),
        params=params,
    )


def _cite(source: Mapping[str, str], documents: Mapping[str, Mapping[str, str]], lang: str) -> str:
    cited = " ".join(filter(None, (documents[source["document"]][lang], source.get("article", ""))))
    return cited + (_SUMMARY[lang] if source.get("read") == "summary" else "")


def shipped() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise errors.BAD_PACK.error(pack=path.name, where="TOML", what=str(wrong)) from None


@cache
def load(name: str, house: Path | None = None) -> Pack:
    """The shipped pack ``name`` with the lender's own stricter file on top. Raises GATE-001, -002, -003."""
    if name not in shipped():
        raise errors.NO_PACK.error(pack=name, known=", ".join(shipped()))
    return build(whole(read(FOLDER / f"{name}.toml")), whole(read(house)) if house else None)


def whole(base: Mapping[str, Any]) -> dict[str, Any]:
    """A pack's file with the rules of the shared parts it names: what is kept with a decision needs no other file.

    The sources of a rule of which only a published summary was read say so, wherever they are shown.
    """
    shared = [rule for part in base.get("parts", ()) for rule in read(FOLDER / "parts" / f"{part}.toml")["rule"]]
    rules = [_summed_up(rule) if rule.get("evidence") == "press" else rule for rule in (*base.get("rule", ()), *shared)]
    return {**{key: value for key, value in base.items() if key != "parts"}, "rule": rules}


def _summed_up(rule: Mapping[str, Any]) -> dict[str, Any]:
    try:
        values = [{**v, "source": [{**s, "read": "summary"} for s in v["source"]]} for v in rule["value"]]
    except (KeyError, TypeError):
        return dict(rule)  # ``build`` says what is wrong with it
    return {**rule, "value": values}


def active() -> Pack:
    """The pack in force: ``SHOUYUE_PACK`` (default ``cn``) and the file named by ``SHOUYUE_HOUSE_PACK``, else
    ``house-pack.toml`` in the home folder where there is one. Read once per process."""
    named = os.environ.get("SHOUYUE_HOUSE_PACK")
    house = Path(named) if named else settings.home() / "house-pack.toml"
    return _active(os.environ.get("SHOUYUE_PACK", "cn"), str(house), bool(named))


@cache
def _active(name: str, house: str, must_exist: bool) -> Pack:
    path = Path(house)
    return load(name, path if must_exist or path.is_file() else None)
