"""How far two readers agree on the same texts: the ceiling for any model.

    python -m models.agreement

Beside `dev.jsonl`, `test.jsonl` and `test_conversations.jsonl` stand `second_dev.jsonl` and so on: readings of some of their
texts by somebody who had not seen the first.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from models.conversations import FIGURES, ratio
from models.examples import Labels, read_records
from models.kpi_errors import conversation_tags_of
from models.metrics import METRICS, Codes, Score, bootstrap
from models.report import Sheet, print_sheet
from voc.taxonomy import load_taxonomy

SECOND: Final = "second_"


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    folder = parser.parse_args(arguments).labels
    for second_path in sorted(folder.glob(f"{SECOND}*.jsonl")):
        first_by_id = {record["id"]: record for record in read_records(folder / second_path.name.removeprefix(SECOND))}
        second = read_records(second_path)
        scores = _scores([first_by_id[record["id"]] for record in second], second)
        rows: list[tuple[str, ...]] = [
            (name, f"{score.value:.3f} ({score.low:.3f} – {score.high:.3f})") for name, score in scores.items()
        ]
        print_sheet(Sheet(f"{second_path.name}: {len(second)} texts read twice", ("figure", "agreement, 95 % interval"), rows))


def _scores(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> dict[str, Score]:
    if "turns" in second[0]:
        pairs = [(ours, conversation_tags_of(theirs)) for ours, theirs in zip(first, second, strict=True)]
        return {name: ratio([part(*pair) for pair in pairs]) for name, part in FIGURES.items()}
    codes = Codes(Labels(load_taxonomy()))
    ours, theirs = codes.table(first), codes.table(second)
    return {name: bootstrap(metric, theirs, ours) for name, metric in METRICS.items()}


if __name__ == "__main__":
    main()
