#!/usr/bin/env python3
"""Check an audit chain outside Shouyue: one file, Python 3.9 or later, nothing to install.

    python verify_audit.py chain.jsonl [--roots roots.txt]

``chain.jsonl`` is what ``shouyue audit export`` writes: an entry a line. ``roots.txt`` holds roots that were published
earlier, one a line: ``HASH@SEQ``, whatever else stands behind it. Exit 0: every hash and link is right and every root
fits; 2: not, and the first entry that is not as it was written is named; 1: a file cannot be read.

The hash of an entry is SHA-256 over the JSON (UTF-8, keys sorted, no spaces) of the list
[seq, at, actor_id, actor, action, subject, data, previous]; ``previous`` of the first entry is 64 zeros.
"""

# ruff: noqa: T201, PTH123

import hashlib
import json
import sys

FIELDS = ("seq", "at", "actor_id", "actor", "action", "subject", "data", "previous")


def hash_of(entry):
    text = json.dumps([entry[f] for f in FIELDS], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check(lines, roots):
    """(entries read, what is wrong or None); ``roots``: {seq: hash}. An export may begin after the first entry."""
    before, count = None, 0
    for line in lines:
        if not line.strip():
            continue
        entry = json.loads(line)
        seq = entry["seq"]
        expected = before["seq"] + 1 if before else seq
        if seq != expected:
            return count, f"entry {expected} is missing or out of order 缺少或次序有误"
        if hash_of(entry) != entry["hash"]:
            return count, f"entry {seq} was edited 内容被改动"
        if entry["previous"] != (before["hash"] if before else entry["previous"] if seq > 1 else "0" * 64):
            return count, f"entry {seq} or the one before it was rewritten 本条或前一条被改写"
        if roots.get(seq, entry["hash"]) != entry["hash"]:
            return count, f"entry {seq} is not the one that was sealed 与封存的根不符"
        before, count = entry, count + 1
    last = before["seq"] if before else 0
    missing = [seq for seq in roots if seq > last]
    return count, f"entry {min(missing)} is missing: it was sealed 封存过的记录缺失" if missing else None


def read_roots(path):
    roots = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            word = line.split()[0] if line.split() else ""
            if "@" in word and not word.startswith("#"):
                digest, seq = word.split("@")
                roots[int(seq)] = digest
    return roots


def main(arguments):
    paths = [a for a in arguments if not a.startswith("--")]
    sealed = "--roots" in arguments
    if len(paths) != 1 + sealed or "--help" in arguments or "-h" in arguments:
        print(__doc__)
        return 1
    roots_path = arguments[arguments.index("--roots") + 1] if sealed else None
    chain_path = next(p for p in paths if p != roots_path)
    try:
        roots = read_roots(roots_path) if roots_path else {}
        with open(chain_path, encoding="utf-8") as file:
            count, wrong = check(file, roots)
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot read 无法读取: {error!r}")
        return 1
    print(wrong or f"intact 完整: {count} entries, {len(roots)} roots")
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
