"""Texts a person sees: collect them, compile them, and see that none is missing in either language.

    python scripts/translations.py extract   # texts of code and templates into shouyue/locale/*/LC_MESSAGES/django.po
    python scripts/translations.py compile   # .po -> .mo, only where the .po is newer
    python scripts/translations.py check     # every text has Chinese; no text escapes translation

A text's key is its English, so English is complete when every text goes through gettext, and the ``en`` catalogue needs
an entry only where English differs from the key. No gettext programs are needed: Babel reads Python, and Jinja knows
which texts a template says.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "shouyue"
LOCALES = ("zh_Hans", "en")
KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
#: reads the templates as shouyue.web.templating does
JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
JINJA.newstyle_gettext = True  # type: ignore[attr-defined]
CHINESE = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
#: names that are the same in every language
NAMES = frozenset({"Shouyue", "守约", "CSV", "Enter", "Esc", "PostgreSQL"})


def po_path(locale: str) -> Path:
    return PACKAGE / "locale" / locale / "LC_MESSAGES" / "django.po"


def templates() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("templates/**/*") if path.suffix in (".html", ".txt"))


def said() -> Iterator[tuple[Path, int, str, object]]:
    """What is said where: file, line, function and its arguments, of Python files and of templates."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            text = io.BytesIO(path.read_bytes())
            for line, function, messages, _ in extract_python(text, list(KEYWORDS), [], {"encoding": "utf-8"}):
                yield path, line, function, messages
    for path in templates():
        for line, function, messages in JINJA.extract_translations(path.read_text(encoding="utf-8"), list(KEYWORDS)):
            yield path, line, function, messages


def extracted() -> Catalog:
    """Every text of the product, with the files it stands in."""
    catalog = Catalog(project="Shouyue", charset="utf-8")
    for path, line, function, messages in said():
        spec = KEYWORDS[function] or (1,)
        parts = messages if isinstance(messages, tuple) else (messages,)
        context = next((parts[at[0] - 1] for at in spec if isinstance(at, tuple)), None)
        ids = [parts[at - 1] for at in spec if isinstance(at, int) and at <= len(parts)]
        if ids and all(isinstance(part, str) and part for part in ids):
            place = str(path.relative_to(ROOT))
            key = tuple(ids) if len(ids) > 1 else ids[0]
            catalog.add(key, locations=[(place, line)], context=context)
    return catalog


def read(locale: str) -> Catalog:
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale, domain="django", project="Shouyue", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=locale, domain="django", charset="utf-8")


def extract() -> int:
    template = extracted()
    for locale in LOCALES:
        catalog = read(locale)
        template.creation_date = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        if locale == "en":  # only what differs from its key
            for message in [m for m in catalog if m.id and not any(_strings(m))]:
                catalog.delete(message.id, message.context)
        path = po_path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            pofile.write_po(file, catalog, width=120, sort_output=True, include_lineno=False)
        missing = sum(1 for m in catalog if m.id and not all(_strings(m)))
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {missing} without translation")
    return 0


def compile_() -> int:
    for locale in LOCALES:
        path = po_path(locale)
        target = path.with_suffix(".mo")
        if path.exists() and not (target.exists() and target.stat().st_mtime_ns > path.stat().st_mtime_ns):
            aside = target.with_suffix(".mo.new")
            with aside.open("wb") as file:
                mofile.write_mo(file, read(locale))
            aside.replace(target)
    return 0


def check() -> int:
    faults = [*_untranslated(), *_escaped()]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"translations: {len(extracted())} texts, {len(faults)} faults")
    return 1 if faults else 0


def _untranslated() -> Iterator[str]:
    chinese = read("zh_Hans")
    for message in extracted():
        if not message.id:
            continue
        keys = message.id if isinstance(message.id, tuple) else (message.id,)
        place = ", ".join(f"{file}:{line}" for file, line in message.locations[:2])
        if CHINESE.search(keys[0]):
            yield f"{place}: the key of a text is its English: {keys[0]!r}"
        known = chinese.get(message.id, message.context)
        if known is None or not all(_strings(known)):
            yield f"{place}: no Chinese for {keys[0]!r} (run make messages, then translate)"
        elif known.fuzzy:
            yield f"{place}: Chinese of {keys[0]!r} is marked fuzzy"
        elif _placeholders(keys[-1]) != _placeholders(_strings(known)[-1]):
            yield f"{place}: placeholders differ in the Chinese of {keys[0]!r}"


def _escaped() -> Iterator[str]:
    """Texts of templates that do not go through gettext."""
    for path in templates():
        if path.suffix == ".html":
            finder = _BareText()
            finder.feed(_unsaid(path.read_text(encoding="utf-8")))
            for line, text in finder.found:
                yield f"{path.relative_to(ROOT)}:{line}: not translatable: {text!r}"


def _unsaid(source: str) -> str:
    """A template's HTML, lines kept, with the literal texts that its expressions may print and without all else that
    Jinja fills in: calls, among them those of gettext, and values."""
    made: list[str] = []
    line = 1
    for node in _printed(JINJA.parse(source)):
        text = node.data if isinstance(node, nodes.TemplateData) else " ".join(_literals(node))
        made.append("\n" * (node.lineno - line) + text)
        line = max(line, node.lineno) + text.count("\n")
    return "".join(made)


def _printed(node: nodes.Node) -> Iterator[nodes.Expr]:
    """What the template prints, in its order."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Output):
            yield from child.nodes
        else:
            yield from _printed(child)


def _literals(node: nodes.Node) -> Iterator[str]:
    """Literal texts that may come out of an expression: ``a or "none"``, ``"yes" if a else "no"``, ``"none"|upper``."""
    if isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.CondExpr):
        yield from (text for part in (node.expr1, node.expr2) if part for text in _literals(part))
    elif isinstance(node, nodes.Filter):
        yield from (text for part in (node.node, *node.args) if part for text in _literals(part))
    elif isinstance(node, (nodes.BinExpr, nodes.Concat, nodes.MarkSafe, nodes.MarkSafeIfAutoescape)):
        yield from (text for part in node.iter_child_nodes() for text in _literals(part))


class _BareText(HTMLParser):
    SILENT = ("script", "style", "code", "kbd", "svg")
    SPOKEN = ("title", "placeholder", "aria-label", "alt", "aria-description")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        for name, value in attrs:
            if name in self.SPOKEN and value:
                self._look(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._look(data)

    def _look(self, text: str) -> None:
        bare = text.strip()
        if bare and bare not in NAMES and (WORD.search(bare) or CHINESE.search(bare)):
            self.found.append((self.getpos()[0], bare[:60]))


def _strings(message: object) -> tuple[str, ...]:
    string = message.string  # type: ignore[attr-defined]
    return tuple(string) if isinstance(string, (tuple, list)) else (string,)


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


if __name__ == "__main__":
    commands = {"extract": extract, "compile": compile_, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
