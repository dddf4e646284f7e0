"""The rules of the design that a reader relies on: who may import whom, and what an import may cost."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [  # a module may import from its own line and the lines above
    {"voc.errors", "voc.records"},
    {"voc.tagging.identity"},
    {"voc.taxonomy", "voc.settings", "voc.access", "voc.calendars", "voc.days"},
    {"voc.text", "voc.conversations"},
    {"voc.tagging"},
    {
        "voc.corrections",
        "voc.ingest",
        "voc.store",
        "voc.engine",
        "voc.intake",
        "voc.opening",
        "voc.kpis",
        "voc.report_card",
        "voc.trends",
        "voc.export",
        "voc.odata",
        "voc.webhooks",
        "voc.drafts",
    },
    {"voc.client", "voc.command"},
]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def layer_of(name: str) -> int | None:
    return next((i for i, layer in enumerate(LAYERS) for unit in layer if name == unit or name.startswith(unit + ".")), None)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", modules("voc"), ids=dotted)
def test_voc_imports_run_one_way(path: Path) -> None:
    own = layer_of(dotted(path).removesuffix(".__init__"))
    for name in imports(path):
        assert name.split(".")[0] not in ("api", "models", "tests"), f"{path} imports {name}"
        other = layer_of(name)
        assert other is None or own is None or other <= own, f"{path} imports {name} from a layer above"


@pytest.mark.parametrize("path", modules("api"), ids=dotted)
def test_api_imports_no_engine_library(path: Path) -> None:
    forbidden = {"torch", "hazm", "duckdb", "transformers", "models", "psycopg", "ray"}
    assert not forbidden & {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("voc", "torch hazm duckdb fastapi ray"),
        ("voc.tagging", "torch hazm"),
        ("voc.client", "torch hazm duckdb fastapi pydantic numpy pyarrow pandas httpx httpx2"),
        ("voc.command", "torch hazm duckdb fastapi ray"),
        ("voc.engine.cluster", "torch hazm ray"),
        ("api.app", "torch hazm ray"),
    ],
)
def test_import_is_free(module: str, never: str) -> None:
    code = f"import sys, {module}; print([m for m in {never.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
