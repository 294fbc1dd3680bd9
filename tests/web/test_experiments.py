"""The experiments page: arms, verdicts, the course as a picture and as numbers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base import clock
from shouyue.daily.models import ExperimentResult
from shouyue.reports.experiments import arms
from shouyue.web import interval_chart

DAY = date(2026, 11, 24)


def course(days: int, effect: float, width: float) -> list[dict[str, Any]]:
    """A difference that settles day by day: its interval narrows with the root of the number of days."""
    found = []
    for n in range(days):
        wide = width / (n + 1) ** 0.5
        day = (DAY - timedelta(days=days - n)).isoformat()
        limits = {"always": [effect - wide, effect + wide], "once": [effect - wide / 2, effect + wide / 2]}
        found.append({"day": day, "units": 100 * (n + 1), "estimate": effect, **limits})
    return found


def result(experiment: str, effect: float, width: float, days: int = 40) -> ExperimentResult:
    """A kept result as ``reports.experiments.results`` writes it."""
    said = course(days, effect, width)
    names = ["worked", "held_out"]
    measured = arms.metrics(1, 30, "held_out")

    def metric(m: arms.ArmMetric) -> dict[str, Any]:
        scale = 10_000 if m.money else 1
        mine = [
            {**c, "estimate": c["estimate"] * scale, **{k: [v * scale for v in c[k]] for k in ("always", "once")}}
            for c in said
        ]
        told = {"customers": 90, "units": 4000, "total": 1.0, "mean": 0.61 * scale, "error": 0.01}
        now = mine[-1] if mine else None
        difference = {"arm": "worked", "against": "held_out", "now": now, "course": mine}
        return {
            "id": m.id,
            "drawn": m.drawn,
            "money": m.money,
            "arms": dict.fromkeys(names, told),
            "differences": [difference],
        }

    counts = {"customers": 90, "enrolled": 4100, "exempt": 12, "lost": 1, "due": 4000, "reminded": 3800}
    kept = {
        "format": 1,
        "as_of": DAY.isoformat(),
        "zh": "长期对照组",
        "en": "hold-out",
        "since": "2026-01-01",
        "until": None,
        "definitions": 1,
        "cut_off_days": 1,
        "within_days": 30,
        "planned": 20_000,
        "currency": "CNY",
        "arms": [{"id": n, "zh": "", "en": f"arm {n}", "share": 0.5, **counts} for n in names],
        "metrics": [metric(m) for m in measured],
    }
    return ExperimentResult.objects.create(
        experiment=experiment, salt="s1", as_of=DAY, book="main", book_version="1", computed_at=clock.now(), result=kept
    )


@pytest.mark.django_db
def test_head_office_and_auditors_read_what_may_be_concluded(desk, as_user):
    client = as_user(desk.head)
    assert "No results yet" in client.get("/experiments/").content.decode()
    result("hold_out", 0.04, 0.1)
    result("earlier", 0.004, 0.1)
    result("few", 0.0, 0.1, days=0)
    for who in (desk.head, desk.auditor):
        page = as_user(who).get("/experiments/").content.decode()
        said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
        assert "Permanent hold-out" in said and "+4.00%" in said and "Higher" in said
        assert "Not yet distinguishable" in said and "Too few to say anything" in said
        assert "Not alike, no comparison" in said and "CN¥" in said
        assert page.count('<svg class="chart"') == page.count('class="band"') == 8
    for who in (desk.rep, desk.manager):
        assert as_user(who).get("/experiments/").status_code == 403


@pytest.mark.django_db
def test_the_picture_and_the_table_say_the_same(desk, as_user):
    result("hold_out", 0.04, 0.1)
    page = as_user(desk.head).get("/experiments/").content.decode()
    newest = course(40, 0.04, 0.1)[-1]
    low, high = (f"{v:+.2%}" for v in newest["always"])
    assert page.count(f"{low} … {high}") >= 2
    assert "The last 31 days in numbers" in page


@given(
    days=st.integers(2, 60),
    effect=st.floats(-1, 1, allow_nan=False),
    width=st.floats(1e-6, 5),
    scale=st.sampled_from([1, 10_000]),
)
def test_every_picture_stays_within_its_frame_and_shows_no_difference(days, effect, width, scale):
    drawn = interval_chart.chart(course(days, effect * scale, width * scale), lambda v: f"{v}")
    assert drawn is not None
    points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", drawn.band + drawn.line)
    assert len(points) == 3 * days
    for x, y in points:
        assert interval_chart.LEFT <= float(x) <= interval_chart.WIDTH - interval_chart.RIGHT
        assert interval_chart.TOP <= float(y) <= interval_chart.HEIGHT - interval_chart.BOTTOM
    assert interval_chart.TOP <= drawn.zero <= interval_chart.HEIGHT - interval_chart.BOTTOM
    assert any(float(text) == 0 for _, text in drawn.across) and len(drawn.across) <= 12
    assert interval_chart.chart(course(1, effect, width), str) is None


def test_the_first_wide_intervals_do_not_flatten_the_later_ones():
    drawn = interval_chart.chart(course(40, 0.0, 1.0), lambda v: f"{v}")
    assert drawn is not None
    assert max(float(text) for _, text in drawn.across) < 0.5
