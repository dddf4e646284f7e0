"""No file brings the service down, holds it up or fills its memory, and what it takes in of one stays words."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.hostile.service import USUAL_MIB, Case, Target, attack, faults
from tests.hostile.texts import FORMULAS, MARKUP, OVERRIDE, TEXTS
from tests.hostile.workbooks import WORKBOOKS
from voc.export import FORMULA_STARTS

pytestmark = pytest.mark.hostile
FILES = {**WORKBOOKS, **TEXTS}
LARGER_MIB = {"one-object-of-lists.json": 400.0}  # 36 MB of JSON in one element stand in memory before they are refused


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file(target: Target, tmp_path: Path, name: str) -> None:
    make, right = FILES[name]
    path = tmp_path / name
    make(path)
    case = Case(name, lambda target: target.upload(path), right, mib=LARGER_MIB.get(name, USUAL_MIB))
    outcome = attack(case, target)
    assert faults(case, outcome) == []
    target.is_well()
    assert b"root:" not in target.request("GET", "/v1/export/feedback?format=jsonl").body


def taken(target: Target, name: str, tmp_path: Path) -> str:
    """The id of the batch that a file of the corpus became, when all of it is tagged."""
    make, _ = TEXTS[name]
    make(tmp_path / name)
    batch: str = json.loads(target.upload(tmp_path / name).body)["id"]
    for _ in range(200):
        if json.loads(target.request("GET", f"/v1/batches/{batch}").body)["status"] == "done":
            return batch
    raise AssertionError("it was not tagged")


def test_formulas_are_text_in_every_export(target: Target, tmp_path: Path) -> None:
    batch = taken(target, "formulas.csv", tmp_path)
    exported = target.request("GET", f"/v1/export/feedback?batch={batch}&format=csv").body.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(exported, newline="")) for cell in row]
    assert sum(cell.startswith("'") for cell in cells) >= len(FORMULAS)
    assert not [cell for cell in cells if cell.lstrip(" \n\ufeff\u200c").startswith(FORMULA_STARTS)]
    book = target.request("GET", f"/v1/export/feedback?batch={batch}&format=xlsx").body
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    values = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [cell.value for cell in values if cell.data_type == "f" or str(cell.value).lstrip().startswith(FORMULA_STARTS)]


def test_markup_is_text_on_every_page(target: Target, tmp_path: Path) -> None:
    batch = taken(target, "markup.csv", tmp_path)
    pages = [f"/?batch={batch}", f"/texts?batch={batch}", f"/batches/{batch}"]
    pages += [f"{page}{'&' if '?' in page else '?'}q={mark}" for page in ("/", "/texts") for mark in map(_quoted, MARKUP)]
    for page in pages:
        html = target.request("GET", page, headers={"accept": "text/html"}).body.decode()
        assert "<svg onload" not in html, page
        assert not re.search(r"<(u|img)\b", html), page
        assert " onmouseover='alert" not in html, page
        assert "49" not in re.findall(r"\{\{.*?\}\}|>49<", html), page
        assert len(re.findall(r"<script\b", html)) == len(re.findall(r'<script[^>]* src="/static/[^"]+"', html)), page
        assert not re.search(r'href="\s*javascript', html), page


def test_a_name_cannot_turn_the_text_around(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("نظر\nپیک وارونه رسید\n", "utf-8")
    for field in ({}, {"name": f"گزارش{OVERRIDE}vsc.exe\x07"}):
        answer = json.loads(target.upload(path, f"گزارش{OVERRIDE}vsc.exe", **field).body)
        assert answer["name"] == "گزارشvsc.exe"
        target.request("DELETE", f"/v1/batches/{answer['id']}")
    sent = target.request("POST", "/v1/batches", json={"records": [{"text": "دیر"}], "name": f"ن{OVERRIDE}\n" * 5_000})
    assert json.loads(sent.body)["name"] == "ن" * 200


def _quoted(mark: str) -> str:
    from urllib.parse import quote

    return quote(mark)
