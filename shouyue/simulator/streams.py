"""Random numbers that depend on nothing but the seed, what they are for, and whose they are.

A block of loans draws each kind of thing from its own stream, so blocks may be made in any order and a new kind of
draw disturbs no old one. What a customer does when called is drawn by hash, since calls come in any order.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np


def stream(seed: int, purpose: str, block: int) -> np.random.Generator:
    """The generator of one purpose in one block. ``seed`` is any whole number of 0 or more."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(zlib.crc32(purpose.encode()), block))
    return np.random.Generator(np.random.PCG64(sequence))


def chance(seed: int, *about: object) -> float:
    """A number in [0, 1) fixed by the seed and what it is about."""
    digest = blake2b("\x1f".join([str(seed), *map(str, about)]).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def pick(rng: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """``n`` indexes into ``weights`` (any positive numbers), int16, each with its weight's share."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], rng.random(n), side="right").clip(0, len(edges) - 1).astype(np.int16)
