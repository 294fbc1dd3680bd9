"""A lender's file as rows of text with their place in it, whatever its format."""

from shouyue.book.sources.opening import open_source
from shouyue.book.sources.raw import BadLine, RawChunk, Source

__all__ = ["BadLine", "RawChunk", "Source", "open_source"]
