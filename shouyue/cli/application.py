"""What a web process loads: the desk's WSGI application, ready before the first request comes."""

from __future__ import annotations

import gc

from django.urls import get_resolver

from shouyue.cli import lifeline
from shouyue.web import wsgi
from shouyue.web.turns import InTurns

__all__ = ["application"]

lifeline.hold()
application = InTurns(wsgi.application)
_ = get_resolver().url_patterns  # loads every view now instead of at the first request
# what is loaded stays for the life of the process: the collector need not go through it again with every few pages
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
