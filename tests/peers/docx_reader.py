"""Reads .docx files with nothing but the standard library, as a second opinion.

Prints one JSON object a file: the title, the remark and every table as rows of
cells. Fails if a part is missing, is no XML, or a table is wider than its page or
than its own grid.
"""

import json
import sys
import zipfile
from xml.etree import ElementTree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def main():
    for name in sys.argv[1:]:
        print(json.dumps(read(name), ensure_ascii=False))


def read(name):
    with zipfile.ZipFile(name) as archive:
        assert archive.testzip() is None, "a part is damaged"
        parts = {part: archive.read(part) for part in archive.namelist()}
    assert len(parts) == len(set(parts)), "a part stands twice"
    trees = {part: ElementTree.fromstring(data) for part, data in parts.items() if part.endswith((".xml", ".rels"))}
    check_package(parts, trees)
    body = trees["word/document.xml"].find(W + "body")
    texts = [text(paragraph) for paragraph in body.findall(W + "p")]
    tables = [table(found, page_width(body)) for found in body.findall(W + "tbl")]
    return {"title": texts[0], "texts": [one for one in texts[1:] if one], "tables": tables}


def check_package(parts, trees):
    types = trees["[Content_Types].xml"]
    known = {found.get("PartName") for found in types.iter(TYPES + "Override")}
    for missing in (part for part in known if part.lstrip("/") not in parts):
        raise AssertionError(f"{missing} has a type and is not there")
    for name, tree in trees.items():
        if not name.endswith(".rels"):
            continue
        folder = name.replace("_rels/", "").rsplit("/", 1)[0] if "/" in name.replace("_rels/", "") else ""
        for relation in tree.iter(RELS + "Relationship"):
            if relation.get("TargetMode") == "External":
                raise AssertionError(f"{name} leads out of the file")
            target = relation.get("Target")
            path = target.lstrip("/") if target.startswith("/") or not folder else f"{folder}/{target}"
            assert path in parts, f"{name} leads to {path}, which is not there"


def page_width(body):
    section = body.find(W + "sectPr")
    size, margin = section.find(W + "pgSz"), section.find(W + "pgMar")
    assert (size.get(W + "w"), size.get(W + "h")) == ("11906", "16838"), "the page is not A4"
    return int(size.get(W + "w")) - int(margin.get(W + "left")) - int(margin.get(W + "right"))


def table(found, width):
    grid = [int(column.get(W + "w")) for column in found.find(W + "tblGrid")]
    assert sum(grid) <= width, f"a table of {sum(grid)} on a page of {width}"
    rows = []
    for row in found.findall(W + "tr"):
        cells, at = [], 0
        for cell in row.findall(W + "tc"):
            properties = cell.find(W + "tcPr")
            span = properties.find(W + "gridSpan")
            columns = int(span.get(W + "val")) if span is not None else 1
            own = int(properties.find(W + "tcW").get(W + "w"))
            assert own == sum(grid[at : at + columns]), "a cell is not as wide as its columns"
            at += columns
            assert cell.findall(W + "p"), "a cell without a paragraph"
            cells.append("\n".join(text(paragraph) for paragraph in cell.findall(W + "p")))
        assert at == len(grid), "a row has not as many columns as the table"
        rows.append(cells)
    return rows


def text(paragraph):
    return "".join(found.text or "" for found in paragraph.iter(W + "t"))


main()
