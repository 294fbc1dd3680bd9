"""Where the project's own files are."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shouyue"


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def tracked(*patterns: str) -> list[Path]:
    """Files under version control that still exist; everything below the root where there is no repository."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--", *patterns],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        skip = {".venv", ".git", "var"}
        names = [p for pattern in patterns or ("*",) for p in ROOT.rglob(pattern)]
        return [p for p in names if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
