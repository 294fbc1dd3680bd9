"""XML of unknown origin as a tree whose elements know their line. No entity, no document type, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import InputSource

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from shouyue.strategy.dmn import faults

#: bytes of a file, elements in it, and how deep they may lie
MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH = 8 << 20, 100_000, 60


@dataclass
class Element:
    """An element; ``attributes`` without a namespace are by their plain name, others by ``(namespace, name)``."""

    namespace: str
    tag: str
    line: int
    attributes: dict[str | tuple[str, str], str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """What a person looks for: ``decision "Approval" id="_3b29" (line 12)``."""
        name = f' "{self.get("name")}"' if self.get("name") else ""
        id_ = f' id="{self.get("id")}"' if self.get("id") else ""
        return f"{self.tag}{name}{id_} (line {self.line})"

    @property
    def text(self) -> str:
        """The text directly inside it."""
        return "".join(self.texts)

    def get(self, name: str, otherwise: str = "") -> str:
        return self.attributes.get(name, otherwise)

    def all(self, tag: str) -> Iterator[Element]:
        """Children of that name in the element's own namespace."""
        return (c for c in self.children if c.tag == tag and c.namespace == self.namespace)

    def one(self, tag: str) -> Element | None:
        return next(self.all(tag), None)


class _Tree(ContentHandler):
    def __init__(self, file: str):
        super().__init__()
        self.file, self.open, self.root, self.count = file, [], None, 0
        self.locator = None

    def setDocumentLocator(self, locator) -> None:
        self.locator = locator

    def startElementNS(self, name, qname, attrs) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            what = "elements" if self.count > MAX_ELEMENTS else "depth"
            limit = MAX_ELEMENTS if self.count > MAX_ELEMENTS else MAX_DEPTH
            raise faults.TOO_LARGE.error(file=self.file, what=what, limit=limit)
        attributes: dict[str | tuple[str, str], str] = {
            (key[1] if not key[0] else (key[0], key[1])): value for key, value in attrs.items()
        }
        line = self.locator.getLineNumber() if self.locator else 0
        element = Element(name[0] or "", name[1], line or 0, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def endElementNS(self, name, qname) -> None:
        self.open.pop()

    def characters(self, content: str) -> None:
        if self.open:
            self.open[-1].texts.append(content)


def parse(data: bytes, file: str) -> Element:
    """The root element. Raises DMN-001 for what is no XML, DMN-002 for entities, DMN-003 for too much of it."""
    if len(data) > MAX_BYTES:
        raise faults.TOO_LARGE.error(file=file, what="bytes", limit=MAX_BYTES)
    tree = _Tree(file)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(tree)
    source = InputSource()
    source.setByteStream(BytesIO(data))  # pyright: ignore[reportArgumentType]
    try:
        parser.parse(source)
    except DefusedXmlException:
        raise faults.HOSTILE.error(file=file) from None
    except SAXParseException as error:
        raise faults.NOT_XML.error(file=file, line=error.getLineNumber(), why=error.getMessage()) from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        raise faults.NOT_XML.error(file=file, line=1, why=error) from None
    assert tree.root is not None
    return tree.root
