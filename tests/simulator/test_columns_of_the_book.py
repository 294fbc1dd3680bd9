from shouyue.book import schema
from shouyue.simulator.columns import COLUMNS


def test_export_has_the_tables_of_a_book():
    assert list(COLUMNS) == list(schema.TABLES)


def test_columns_are_those_of_the_book_in_name_order_and_type():
    for name, table in schema.TABLES.items():
        want = [(f.name, f.arrow) for f in table.fields]
        assert [(f.name, f.type) for f in COLUMNS[name]] == want, name


def test_choices_are_those_of_the_book(small):
    for name, table in schema.TABLES.items():
        for field in (f for f in table.fields if f.choices):
            used = set(small.tables[name][field.name].drop_nulls())
            assert used and used <= set(field.choices), (name, field.name)
