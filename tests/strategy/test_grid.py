"""Tables as lines of text."""

from hypothesis import given

from shouyue.strategy import grid
from shouyue.strategy.cells import parse, parse_value
from shouyue.strategy.showing import table_text

from .made import tables

TEXT = """
row     | dpd (days) | town      => answer   | points
------- | ---------- | --------- => -------- | ------
# the golden week comes first
golden  | [1..7]     | "a|b"     => "x => y" | 3      # first # week

rest    | -          | "#1"      => -        | -
"""


def test_a_table_is_read_line_by_line():
    heading, golden, rest = grid.split(TEXT)
    assert heading.left == ("row", "dpd (days)", "town")
    assert heading.results == ("answer", "points")
    assert golden.left == ("golden", "[1..7]", '"a|b"')
    assert golden.results == ('"x => y"', "3")
    assert golden.remark == "first # week"
    assert (rest.left, rest.offset) == (("rest", "-", '"#1"'), 6)


def test_a_line_without_an_arrow_says_so():
    assert grid.split("row | a\nx | 1")[1].results is None


def test_chinese_text_is_aligned_by_its_width():
    rows = [grid.Written(["金周", "1"], ["x"]), grid.Written(["q", "22"], ["y"], "remark", ["# why q"])]
    text = grid.join(grid.Written(["row", "a"], ["b"], above=["# top"]), rows, ["# end"])
    assert text.splitlines() == [
        "# top",
        "row  | a   => b",
        "---- | --- => ---",
        "金周 | 1   => x",
        "# why q",
        "q    | 22  => y    # remark",
        "# end",
    ]
    lines, below = grid.parts(text)
    assert [line.above for line in lines] == [("# top",), (), ("# why q",)]
    assert below == ("# end",)


@given(tables())
def test_a_table_written_out_reads_back_to_the_same(table):
    lines = grid.split(table_text(table))[1:]
    assert [line.left[0] for line in lines] == [row.id for row in table.rows]
    for line, row in zip(lines, table.rows, strict=True):
        read = tuple(parse(t, c.name.type) for t, c in zip(line.left[1:], table.inputs, strict=True))
        assert read == row.cells
        assert line.results is not None
        given_ = tuple(parse_value(t, c.name.type) for t, c in zip(line.results, table.outputs, strict=True))
        assert given_ == row.results
