"""Faults in a file are named by code, table, row and column, all in one go."""

import pytest

from shouyue.strategy import StrategyError, draft, load, read

from .made import REASON, SEGMENT, WORK, strategy_text


def places(text: str) -> list[tuple[str, str, int | None, str]]:
    return [(f.code, f.place.table, f.place.row, f.place.column) for f in read(text).faults]


def test_a_good_file_has_no_faults():
    strategy = read(strategy_text())
    assert strategy.faults == ()
    assert strategy.id == "made@1"
    assert [t.id for t in strategy.tables] == ["segment", "work", "reason"]


def test_the_digest_is_of_the_content_alone():
    assert read(strategy_text(), "a.toml").digest == read(strategy_text(), "b.toml").digest
    assert read(strategy_text()).digest != read(strategy_text().replace("20.00", "20.01")).digest


def test_a_strategy_cannot_be_changed_once_read():
    strategy = read(strategy_text())
    with pytest.raises(AttributeError):
        strategy.version = "2"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        strategy.values["x"] = None  # pyright: ignore[reportIndexIssue]


def test_a_fault_knows_its_line_in_the_file():
    text = strategy_text().replace("< 20.00 ", "< 20.0x ")
    fault = read(text).faults[0]
    assert fault.place.line == next(n for n, line in enumerate(text.splitlines(), 1) if "20.0x" in line)
    assert (fault.place.row, fault.place.row_id, fault.place.column) == (2, "small", "overdue")


@pytest.mark.parametrize(
    ("change", "want"),
    [
        (("row   | dpd (days)", "row   | dpp (days)"), ("STRAT-020", "work", None, "dpp")),
        (("dpd (days)", "dpd (CNY)"), ("STRAT-021", "work", None, "dpd")),
        (("| dpd => segment", "| phase => segment"), ("STRAT-022", "segment", None, "phase")),
        (("=> segment", "=> segmant"), ("STRAT-020", "segment", None, "segmant")),
        (("all | -   => all", "all | -   => some"), ("STRAT-032", "segment", 1, "segment")),
        (("all | -   => all", "all | soon => all"), ("STRAT-032", "segment", 1, "dpd")),
        (("all | -   => all", "all |    => all"), ("STRAT-030", "segment", 1, "dpd")),
        (("all | -   => all", "all | - | - => all"), ("STRAT-011", "segment", 1, "")),
        (("all | -   => all", "all | -"), ("STRAT-012", "segment", 1, "")),
        (("all | -   => all", "al l | -   => all"), ("STRAT-014", "segment", 1, "")),
        (("small | > 0", "none | > 0"), ("STRAT-013", "work", 2, "")),
        (("| 13:00-15:00 |", "| 15:00-13:00 |"), ("STRAT-006", "work", 3, "best_time")),
        (("| 50   |", "| 100   |"), ("STRAT-006", "work", 3, "band")),
        (('hit = "unique"', 'hit = "best"'), ("STRAT-006", "work", None, "")),
        (('hit = "unique"', 'hit = "unique"\nhits = 1'), ("STRAT-004", "work", None, "")),
        (('name = "made"', 'name = "made"\ncolour = "red"'), ("STRAT-004", "", None, "")),
        (("{dpd} late", "{dpp} late"), ("STRAT-042", "sentences", None, "")),
        (('["dpd up", "overdue down"]', '["dpd", "overdue"]'), ("STRAT-006", "order", None, "")),
    ],
)
def test_a_fault_is_named_with_its_place(change, want):
    text = strategy_text()
    assert change[0] in text
    assert want in places(text.replace(*change, 1))


def test_all_faults_are_found_in_one_go():
    text = strategy_text().replace("< 20.00", "< twenty").replace("=> all", "=> some").replace("| 50 ", "| x ")
    assert len(places(text)) == 3


def test_a_missing_table_is_named_by_what_the_desk_lacks():
    faults = read(strategy_text(SEGMENT, WORK)).faults
    assert [(f.code, "because" in f.en) for f in faults] == [("STRAT-041", True)]
    codes = [c for c, *_ in places(strategy_text(SEGMENT, REASON))]
    assert codes.count("STRAT-041") == 6
    assert codes[0] == "STRAT-020"


def test_names_may_be_written_in_chinese():
    text = strategy_text().replace("row | dpd => segment", "row | 逾期天数（天） => 客群")
    strategy = read(text)
    assert strategy.faults == ()
    assert strategy.table("segment").inputs[0].name.id == "dpd"


def test_values_are_typed_by_what_they_are_like():
    head = '[values]\nsmall = { is = 20.00, like = "overdue" }\nweek = { is = 7, like = "dpd" }\n'
    good = read(strategy_text(head=head).replace("20.00  =>", "small =>"))
    assert (good.faults, good.values["small"][1]) == ((), 2000)
    wrong = strategy_text(head=head).replace("< 20.00", "< week")
    assert places(wrong) == [("STRAT-032", "work", 2, "overdue")]


def test_an_amount_finer_than_the_currency_is_refused():
    assert places(strategy_text().replace("< 20.00", "< 20.005")) == [("STRAT-032", "work", 2, "overdue")]
    yen = strategy_text().replace('"CNY"', '"JPY"').replace("< 20.00", "< 20.50")
    assert places(yen) == [("STRAT-032", "work", 2, "overdue")]


def test_loading_a_faulty_file_raises_with_every_finding(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(strategy_text().replace("< 20.00", "< x").replace("=> all", "=> y"), "utf-8")
    with pytest.raises(StrategyError) as refused:
        load(path)
    assert refused.value.code == "STRAT-003"
    assert [f.code for f in refused.value.findings] == ["STRAT-032", "STRAT-032"]
    assert "mine.toml" in refused.value.zh
    assert draft(path).faults == refused.value.findings


def test_an_unknown_name_and_no_toml_are_refused(tmp_path):
    with pytest.raises(StrategyError, match="STRAT-001"):
        load("no-such-strategy")
    (tmp_path / "bad.toml").write_text("name = ", "utf-8")
    with pytest.raises(StrategyError, match="STRAT-002"):
        load(tmp_path / "bad.toml")


def test_a_lenders_own_strategy_goes_before_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "standard.toml").write_text(strategy_text(), "utf-8")
    assert load("standard").name == "made"


@pytest.mark.parametrize("junk", ["values = 3", "table = 3", "order = []", "segments = []", "test = [3]"])
def test_a_wrong_shape_is_a_fault_and_never_breaks(junk):
    assert "STRAT-006" in [f.code for f in read(f'name = "x"\n{junk}\n').faults]
