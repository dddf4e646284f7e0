"""How far two readers agree on the same texts: the ceiling for any model.

    python -m models.agreement

Beside `dev.jsonl` and `test.jsonl` stand `second_dev.jsonl` and `second_test.jsonl`: readings of some of their texts by
somebody who had not seen the first.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.examples import Labels, read_records
from models.metrics import METRICS, Codes, bootstrap
from models.report import Sheet, print_sheet
from voc.taxonomy import load_taxonomy

SECOND: Final = "second_"


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    folder = parser.parse_args(arguments).labels
    codes = Codes(Labels(load_taxonomy()))
    for second_path in sorted(folder.glob(f"{SECOND}*.jsonl")):
        first_by_id = {record["id"]: record for record in read_records(folder / second_path.name.removeprefix(SECOND))}
        second = read_records(second_path)
        ours, theirs = codes.table([first_by_id[record["id"]] for record in second]), codes.table(second)
        rows: list[tuple[str, ...]] = []
        for name, metric in METRICS.items():
            score = bootstrap(metric, theirs, ours)
            rows.append((name, f"{score.value:.3f} ({score.low:.3f} – {score.high:.3f})"))
        print_sheet(Sheet(f"{second_path.name}: {len(second)} texts read twice", ("figure", "agreement, 95 % interval"), rows))


if __name__ == "__main__":
    main()
