"""DMN files made up for tests."""

from __future__ import annotations

from shouyue.strategy.dmn.model import MODEL


def dmn(*parts: str, namespace: str = MODEL, more: str = "") -> bytes:
    """A file around decisions and inputs."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" name="made" namespace="urn:made" '
        f"{more}>\n{''.join(parts)}\n</definitions>\n"
    ).encode()


def data(name: str, type_: str = "number") -> str:
    return f'<inputData id="i_{name}" name="{name}"><variable name="{name}" typeRef="{type_}"/></inputData>\n'


def decision(name: str, logic: str, *needs: str, type_: str = "") -> str:
    """A decision that needs inputs (``i_NAME``) or decisions (``d_NAME``)."""
    needed = "".join(
        f'<informationRequirement><required{"Input" if n.startswith("i_") else "Decision"} href="#{n}"/>'
        f"</informationRequirement>"
        for n in needs
    )
    ref = f' typeRef="{type_}"' if type_ else ""
    return f'<decision id="d_{name}" name="{name}"><variable name="{name}"{ref}/>{needed}{logic}</decision>\n'


def table(
    inputs: str, outputs: str, *rules: str, hit: str = "UNIQUE", values: str = "", default: str = "", more: str = ""
) -> str:
    """``table("age:number", "answer:string", '>18 => "old"')``; several columns and cells are parted by ``|``."""
    clauses = "".join(_input(i.strip()) for i in inputs.split("|")) if inputs else ""
    results = "".join(_output(o.strip(), len(outputs.split("|")) > 1, values, default) for o in outputs.split("|"))
    rows = "".join(_rule(n, r) for n, r in enumerate(rules, 1))
    return f'<decisionTable hitPolicy="{hit}" {more}>{clauses}{results}{rows}</decisionTable>'


def _input(column: str) -> str:
    name, _, type_ = column.partition(":")
    ref = f' typeRef="{type_}"' if type_ else ""
    return f"<input><inputExpression{ref}><text>{name}</text></inputExpression></input>"


def _output(column: str, named: bool, values: str, default: str) -> str:
    name, _, type_ = column.partition(":")
    attributes = (f' name="{name}"' if named else "") + (f' typeRef="{type_}"' if type_ else "")
    inner = f"<outputValues><text>{values}</text></outputValues>" if values else ""
    inner += f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>" if default else ""
    return f"<output{attributes}>{inner}</output>"


def _rule(number: int, rule: str) -> str:
    left, _, right = rule.partition("=>")
    cells = "".join(f"<inputEntry><text>{_escape(c)}</text></inputEntry>" for c in _cells(left))
    results = "".join(f"<outputEntry><text>{_escape(c)}</text></outputEntry>" for c in _cells(right))
    return f'<rule id="rule{number}">{cells}{results}</rule>'


def _cells(side: str) -> list[str]:
    return [c.strip() for c in side.split("|")] if side.strip() else []


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
