"""The picture of a model: decisions in the order in which they are taken, what they need below them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from shouyue.strategy.dmn.model import MODEL

DMNDI = "https://www.omg.org/spec/DMN/20230324/DMNDI/"
DC = "http://www.omg.org/spec/DMN/20180521/DC/"
DI = "http://www.omg.org/spec/DMN/20180521/DI/"
_WIDE, _HIGH, _GAP = 160, 60, 40
_IN_A_ROW = 8


def diagram(root: ET.Element) -> ET.Element:
    """DMNDI for the elements of ``root``: boxes in rows, arrows between their middles."""
    for prefix, namespace in (("dmndi", DMNDI), ("dc", DC), ("di", DI)):
        ET.register_namespace(prefix, namespace)
    places = _places(root)
    whole = ET.Element(f"{{{DMNDI}}}DMNDI")
    drawn = ET.SubElement(whole, f"{{{DMNDI}}}DMNDiagram", id="diagram")
    for id_, (x, y) in places.items():
        shape = ET.SubElement(drawn, f"{{{DMNDI}}}DMNShape", id=f"shape_{id_}", dmnElementRef=id_)
        box = {"height": str(_HIGH), "width": str(_WIDE), "x": str(x), "y": str(y)}
        ET.SubElement(shape, f"{{{DC}}}Bounds", box)
    for decision in root.iter(f"{{{MODEL}}}decision"):
        for need in decision.iter(f"{{{MODEL}}}informationRequirement"):
            _arrow(drawn, need, places, decision.attrib["id"])
    return whole


def _places(root: ET.Element) -> dict[str, tuple[int, int]]:
    """Tables from the last one at the top downwards, then named numbers, then inputs, some in a row."""
    decisions = [d.attrib["id"] for d in root.iter(f"{{{MODEL}}}decision")]
    tables = [d for d in decisions if d.startswith("decision_")]
    others = [d for d in decisions if d not in tables]
    others += [d.attrib["id"] for d in root.iter(f"{{{MODEL}}}inputData")]
    places = {id_: (_GAP, _GAP + at * (_HIGH + _GAP)) for at, id_ in enumerate(reversed(tables))}
    top = _GAP + len(tables) * (_HIGH + _GAP)
    for at, id_ in enumerate(others):
        row, column = divmod(at, _IN_A_ROW)
        places[id_] = (_GAP + column * (_WIDE + _GAP), top + row * (_HIGH + _GAP))
    return places


def _arrow(drawn: ET.Element, need: ET.Element, places: dict[str, tuple[int, int]], to: str) -> None:
    start = places[next(iter(need)).attrib["href"][1:]]
    edge = ET.SubElement(drawn, f"{{{DMNDI}}}DMNEdge", id=f"edge_{need.attrib['id']}", dmnElementRef=need.attrib["id"])
    for x, y in (start, places[to]):
        ET.SubElement(edge, f"{{{DI}}}waypoint", x=str(x + _WIDE // 2), y=str(y + _HIGH // 2))
