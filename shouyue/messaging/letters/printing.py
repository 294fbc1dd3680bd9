"""Letters for the printer: drawn side by side, archived, and put together into one file.

Every letter is laid out once, for the archive and for the printer. A part of them is drawn in one process and shares
its fonts in the printer's file; so memory holds a few parts, however many letters there are. Killed in between, what is
archived stays and the rest is drawn when it is next asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from pypdf import PdfWriter

from shouyue.messaging.letters import drawing, making
from shouyue.messaging.models import Letter

PART = 100


def printed(letters: Sequence[Letter], out: Path, drawn: Callable[[int], object], workers: int | None = None) -> int:
    """Archive letters that are not yet, and write all of them to ``out``; returns its pages.

    ``drawn`` is told how many letters were drawn, part by part. The file appears whole or not at all, readable by its
    owner only.
    """
    parts = [letters[n : n + PART] for n in range(0, len(letters), PART)]
    with TemporaryDirectory(prefix=".letters-", dir=out.parent) as folder:
        whole = PdfWriter()
        for at, (part, made) in enumerate(zip(parts, _drawn(parts, workers or os.cpu_count() or 1), strict=True)):
            making.archive([(letter, *own) for letter, own in zip(part, made.each, strict=True) if own is not None])
            file = Path(folder, f"{at}.pdf")
            file.write_bytes(made.together)
            whole.append(file)
            drawn(len(part))
        aside = Path(folder, "whole.pdf")
        whole.write(aside)
        pages = len(whole.pages)
        whole.close()
        aside.chmod(0o600)
        aside.replace(out)
    return pages


def _drawn(parts: Sequence[Sequence[Letter]], workers: int) -> Iterator[drawing.Part]:
    """The parts in their order, worked out by several processes and never many more than are asked for."""
    asked = ([(one.content, one.number, not one.sha256) for one in part] for part in parts)
    if min(workers, len(parts)) == 1:
        yield from map(drawing.draw_part, asked)
        return
    with ProcessPoolExecutor(min(workers, len(parts)), mp_context=get_context("spawn")) as pool:
        coming = [pool.submit(drawing.draw_part, part) for part in islice(asked, workers + 1)]
        while coming:
            made = coming.pop(0).result()
            coming += [pool.submit(drawing.draw_part, part) for part in islice(asked, 1)]
            yield made
