"""What a rep says and ticks in a call, as data: one TOML file per script (docs/scripts.md).

A script has elements in order; each has a sentence to say, in zh and en, with ``{values}`` of the case, and the
outcomes it can be ticked with; and objections with suggested answers. The facts of the case choose the script, and
within it what is left out.
"""

from shouyue.casework.scripts.checking import check
from shouyue.casework.scripts.choosing import Facts, all_scripts, script, shown, up
from shouyue.casework.scripts.model import HARMLESS, VALUES, Element, ElementOutcome, Objection, Script, Spoken
from shouyue.casework.scripts.reading import read, usable

__all__ = [
    "HARMLESS",
    "VALUES",
    "Element",
    "ElementOutcome",
    "Facts",
    "Objection",
    "Script",
    "Spoken",
    "all_scripts",
    "check",
    "read",
    "script",
    "shown",
    "up",
    "usable",
]
