"""The published structure of DMN 1.5's model, as far as we write it: which children an element has, in which order.

Source: OMG DMN 1.5 (formal/2024-01-01), the XML Schema of chapter 14. An element's children come in the order listed
here, each as often as its mark says: one, ``?`` at most one, ``*`` any number, ``+`` at least one.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from shouyue.strategy.dmn.model import MODEL

_ANY = "description? extensionElements?"
#: element -> its children in order, its required attributes, its other attributes
CHILDREN: dict[str, str] = {
    "definitions": f"{_ANY} import* itemDefinition* (decision|inputData)* DMNDI?",
    "itemDefinition": f"{_ANY} (typeRef allowedValues? typeConstraint?|itemComponent*)",
    "itemComponent": f"{_ANY} (typeRef allowedValues? typeConstraint?|itemComponent*)",
    "inputData": f"{_ANY} variable?",
    "variable": _ANY,
    "decision": f"{_ANY} question? allowedAnswers? variable? informationRequirement* knowledgeRequirement* "
    "authorityRequirement* (decisionTable|literalExpression)?",
    "informationRequirement": f"{_ANY} (requiredDecision|requiredInput)",
    "literalExpression": f"{_ANY} text?",
    "decisionTable": f"{_ANY} input* output+ annotation* rule*",
    "input": f"{_ANY} inputExpression inputValues?",
    "inputExpression": f"{_ANY} text?",
    "output": f"{_ANY} outputValues? defaultOutputEntry?",
    "defaultOutputEntry": f"{_ANY} text?",
    "rule": f"{_ANY} inputEntry* outputEntry+ annotationEntry*",
    "outputEntry": f"{_ANY} text?",
    "annotationEntry": "text?",
    **dict.fromkeys(("inputValues", "outputValues", "allowedValues", "inputEntry"), f"{_ANY} text"),
    **dict.fromkeys(("annotation", "text", "typeRef", "requiredDecision", "requiredInput", "description"), ""),
}
_EXPRESSION = {"id", "label", "typeRef", "expressionLanguage"}
ATTRIBUTES: dict[str, tuple[set[str], set[str]]] = {
    "definitions": (
        {"name", "namespace"},
        {"id", "label", "expressionLanguage", "typeLanguage", "exporter", "exporterVersion"},
    ),
    "itemDefinition": ({"name"}, {"id", "label", "typeLanguage", "isCollection"}),
    "itemComponent": ({"name"}, {"id", "label", "typeLanguage", "isCollection"}),
    "inputData": ({"name"}, {"id", "label"}),
    "variable": ({"name"}, {"id", "label", "typeRef"}),
    "decision": ({"name"}, {"id", "label"}),
    "informationRequirement": (set(), {"id", "label"}),
    "requiredDecision": ({"href"}, set()),
    "requiredInput": ({"href"}, set()),
    "decisionTable": (
        set(),
        {"id", "label", "typeRef", "hitPolicy", "aggregation", "preferredOrientation", "outputLabel"},
    ),
    "input": (set(), {"id", "label"}),
    "output": (set(), {"id", "label", "name", "typeRef"}),
    "annotation": (set(), {"name"}),
    "rule": (set(), {"id", "label"}),
    **dict.fromkeys(
        ("inputExpression", "inputValues", "outputValues", "allowedValues", "inputEntry", "outputEntry"),
        (set(), _EXPRESSION),
    ),
    **dict.fromkeys(("defaultOutputEntry", "literalExpression"), (set(), _EXPRESSION)),
}
_VALUES = {
    "hitPolicy": {"UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"},
    "aggregation": {"SUM", "COUNT", "MIN", "MAX"},
}
_ID = re.compile(r"[^\W\d][\w.-]*")


def violations(root: Element) -> list[str]:
    """Where the tree departs from the structure; nothing when it keeps to it."""
    found: list[str] = []
    ids: set[str] = set()
    for element in root.iter():
        namespace, _, tag = element.tag.removeprefix("{").rpartition("}")
        if namespace == MODEL and tag != "extensionElements":
            found += _element(tag, element, ids)
    hrefs = {e.get("href", "")[1:] for e in root.iter() if e.get("href")}
    return [*found, *(f"href #{h} names nothing" for h in sorted(hrefs - ids))]


def _element(tag: str, element: Element, ids: set[str]) -> list[str]:
    if tag not in CHILDREN:
        return [f"{tag} is not known"]
    found = []
    children = [c.tag.rpartition("}")[2] for c in element]
    if not _pattern(CHILDREN[tag]).fullmatch("".join(f"{c};" for c in children)):
        found.append(f"{tag} has children {' '.join(children) or '–'}; it may have {CHILDREN[tag] or '–'}")
    needed, other = ATTRIBUTES.get(tag, (set(), set()))
    have = {a for a in element.attrib if not a.startswith("{")}
    found += [f"{tag} has no attribute {a}" for a in sorted(needed - have)]
    found += [f"{tag} has an attribute {a}" for a in sorted(have - needed - other)]
    found += [f"{a} is {v}" for a, known in _VALUES.items() if (v := element.get(a)) and v not in known]
    if (id_ := element.get("id")) is not None:
        if id_ in ids or not _ID.fullmatch(id_):
            found.append(f"id {id_} of {tag} is given twice or is no name")
        ids.add(id_)
    return found


def _pattern(model: str) -> re.Pattern[str]:
    """``a? b* (c|d)`` as a pattern over names that each end in a semicolon."""
    return re.compile(re.sub(r"\w+", lambda found: f"(?:{found[0]};)", model).replace(" ", ""))
