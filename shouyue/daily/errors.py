"""What can keep a day from being published, in words that say what to do."""

from __future__ import annotations

from shouyue.base.errors import Code

OLDER_DAY = Code(
    "DAY-001",
    zh="{as_of} 早于已发布的 {newest}；过去的日子用 shouyue age 查看，不能再发布",
    en="{as_of} is before {newest}, which is published; look at past days with shouyue age, they cannot be published",
)
ANOTHER_RUN = Code(
    "DAY-002",
    zh="另一次跑批正在进行，请等它结束",
    en="another daily cycle is running; wait until it has finished",
)
OTHER_BOOK = Code(
    "DAY-003",
    zh="工作台显示的是账册 {shown}；发布 {book} 会撤销其全部案件，确需更换请加 --replace-book",
    en="the desk shows book {shown}; publishing {book} withdraws all its cases. To do so, add --replace-book",
)
LONG_ID = Code(
    "DAY-004",
    zh="有 {count} 个{what}超过 64 个字符，工作台无法保存",
    en="{count} ids of {what} are longer than the 64 characters the desk can hold",
)
NO_BOOK = Code(
    "DAY-005",
    zh="账册 {book} 尚无数据，请先用 shouyue import 导入",
    en="book {book} holds nothing yet; bring data in with shouyue import",
)
REFUSED_ROW = Code(
    "DAY-006",
    zh="数据库拒绝了一行数据（{state}，{where}），本次未发布任何内容；请检查导入的数据",
    en="the database refused a row ({state}, {where}); nothing was published. Check the imported data",
)
