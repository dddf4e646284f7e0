"""The shipped packs, and one of them with every change to a shipped reason that needs no examples."""

from pathlib import Path
from typing import Final

PACKS: Final = Path(__file__).parent.parent / "data" / "packs"
_CHANGES: Final = """
[[hide]]
code = "order.availability"

[[move]]
code = "billing.fee"
group = "price"

[[merge]]
codes = ["digital.bug", "digital.usability"]
into = "digital.usability"
"""


def write_banking(folder: Path, more: str = "") -> Path:
    """The pack for banks with these changes and `more` blocks, as a draft in the folder."""
    path = folder / "banking.toml"
    path.write_text((PACKS / "banking.toml").read_text("utf-8") + _CHANGES + more, "utf-8")
    return path
