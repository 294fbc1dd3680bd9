"""Everything a person sees is there in Chinese and in English, and what checks it finds what is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from django.utils.translation import override
from jinja2 import TemplateSyntaxError

from shouyue.casework.models import Case, Concession, Promise, Quote
from shouyue.web import moves, trial_pages

from .repository import ROOT


def load():
    spec = importlib.util.spec_from_file_location("translations", ROOT / "scripts" / "translations.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_missing(capsys):
    assert load().check() == 0, capsys.readouterr().err


def test_the_catalogue_holds_no_text_that_nobody_says():
    script = load()
    said = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in script.extracted() if m.id}
    kept = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in script.read("zh_Hans") if m.id}
    assert kept - said == set()


@pytest.fixture
def small(tmp_path: Path):
    """The script, over a package with one template."""
    script = load()
    script.ROOT, script.PACKAGE = tmp_path, tmp_path / "shouyue"
    (script.PACKAGE / "web" / "templates").mkdir(parents=True)

    def with_template(text: str):
        (script.PACKAGE / "web" / "templates" / "page.html").write_text(text, encoding="utf-8")
        return script

    return with_template


@pytest.mark.parametrize(
    "page",
    [
        "<p>Bare words</p>",
        "<p>中文</p>",
        '<input placeholder="Search">',
        '<button aria-label="Close">×</button>',
        "{% if a %}<b>Yes, if</b>{% else %}{% endif %}",
        "{% for a in all %}{% else %}<b>None yet</b>{% endfor %}",
        "{% block main %}{% macro line(a) %}<p>Bare words</p>{% endmacro %}{% endblock %}",
        "{% trans %}Said{% endtrans %}<p>and unsaid</p>",
        '<p>{{ name or "Nobody" }}</p>',
        "<p>{{ name|default('Nobody') }}</p>",
        '<p>{{ "Late" if late else "" }}</p>',
        '<p>{{ "about " ~ minutes }}</p>',
        """<button aria-label="{{ 'Close' if open else _('Open') }}">×</button>""",
    ],
)
def test_a_text_past_translation_is_found(small, page, capsys):
    assert small(page).check() == 1
    assert "not translatable" in capsys.readouterr().err


@pytest.mark.parametrize(
    "page",
    [
        "<p>{{ name }} · 12:30 – {{ url('home') }}</p>",
        "<script>const words = 1;</script><style>p { color: red }</style>",
        "{# a comment #}{% set tone = 'good' %}",
        "<kbd>Enter</kbd>",
        """<p class="{{ 'bad' if late }}" {{ 'hidden' if not late }}>{{ rows['name'] }}</p>""",
        "{% if phase == 'reminder' %}{% include 'a.html' %}{% endif %}",
    ],
)
def test_what_is_no_text_is_left_alone(small, page):
    assert small(page).check() == 0


def test_a_text_without_chinese_is_found_and_one_with_it_is_not(small, capsys):
    script = small('<p>{{ _("Good morning") }}</p>{% trans %}Hi {{ name }}{% endtrans %}')
    assert script.check() == 1
    assert "no Chinese for 'Good morning'" in capsys.readouterr().err
    script.extract()
    po = script.po_path("zh_Hans")
    written = po.read_text(encoding="utf-8")
    written = written.replace('msgid "Good morning"\nmsgstr ""', 'msgid "Good morning"\nmsgstr "早上好"')
    po.write_text(
        written.replace('msgid "Hi %(name)s"\nmsgstr ""', 'msgid "Hi %(name)s"\nmsgstr "你好"'), encoding="utf-8"
    )
    capsys.readouterr()
    assert script.check() == 1
    assert "placeholders differ" in capsys.readouterr().err
    po.write_text(po.read_text(encoding="utf-8").replace("你好", "%(name)s，你好"), encoding="utf-8")
    assert script.check() == 0


def test_the_place_of_a_fault_is_its_line(small, capsys):
    page = "{% if a %}\n\n{{ name }}{% trans %}a\nb{% endtrans %}\n<p>Bare words</p>\n{% endif %}"
    assert small(page).check() == 1
    assert "page.html:5: not translatable" in capsys.readouterr().err


def test_each_way_a_template_says_a_text_is_collected(small):
    script = small(
        """{{ _("One") }}{{ gettext("Two") }}<a title="{{ _('Three') }}">{{ _("%(a)s four", a=1) if b }}</a>
        {% trans n=rows|length %}{{ n }} case{% pluralize %}{{ n }} cases{% endtrans %}{{ pgettext("sex", "Other") }}
        {% set x = _("Five") %}{% include _("Six") %}{{ ngettext("one", "many", 2) }}
        {% trans a=b.c %}Hi {{ a }}{% endtrans %}"""
    )
    assert {(m.id, m.context) for m in script.extracted() if m.id} == {
        *((text, None) for text in ("One", "Two", "Three", "%(a)s four", "Five", "Six", "Hi %(a)s")),
        ("Other", "sex"),
        (("%(n)s case", "%(n)s cases"), None),
        (("one", "many"), None),
    }


def test_a_template_that_cannot_be_read_is_no_template_without_texts(small):
    with pytest.raises(TemplateSyntaxError):
        small("{% if a %}{{ _('Good morning') }}").check()


def test_compiled_once_it_is_not_compiled_again(small):
    script = small('{{ _("Good morning") }}')
    script.extract()
    script.compile_()
    compiled = script.po_path("zh_Hans").with_suffix(".mo")
    first = compiled.stat().st_mtime_ns
    script.compile_()
    assert compiled.stat().st_mtime_ns == first


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (Case.CloseReason.WITHDRAWN.label, "退案"),
        (Concession.State.WITHDRAWN.label, "已撤回"),
        (Quote.State.WITHDRAWN.label, "已撤回"),
        (Case.Status.OPEN.label, "未结"),
        (Promise.State.OPEN.label, "待履行"),
        (lambda: trial_pages.head()[-2], "变动原因"),
        (moves.STATES["failed"], "失败"),
    ],
)
def test_one_english_word_of_two_senses_has_the_chinese_of_each(said, chinese):
    with override("zh-hans"):
        assert str(said() if callable(said) else said) == chinese
