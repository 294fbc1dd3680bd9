"""Strategies as workbooks for people who think in spreadsheets: a sheet per table, and one each for names and tests.

A workbook that comes back unchanged gives the same text. docs/strategy.md shows the sheets.
"""
