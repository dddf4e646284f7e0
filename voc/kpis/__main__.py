"""`python -m voc.kpis > docs/kpis.md` writes the page about KPIs."""

import sys

from voc.kpis.catalogue import KPIS
from voc.kpis.document import describe

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(describe(KPIS))
