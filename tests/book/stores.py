"""Stores for the tests: in memory, a shared folder, and one that refuses to rename over a file, as HDFS does."""

from __future__ import annotations

from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem


class Renaming(LocalFileSystem):
    """A folder whose renames never replace, by ``renaming://``."""

    protocol = "renaming"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).removeprefix("renaming://"))

    def mv(self, path1, path2, **kwargs):
        if self.exists(path2):
            raise OSError("rename: the file is there")
        super().mv(path1, path2, **kwargs)


fsspec.register_implementation("renaming", Renaming, clobber=True)


def url_of(kind: str, folder: Path) -> str:
    return f"memory://{folder.name}-{abs(hash(str(folder)))}/book" if kind == "memory" else f"{kind}://{folder}/book"


KINDS = ("memory", "file", "renaming")
