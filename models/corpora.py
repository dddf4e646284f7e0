"""The public Persian customer texts that the model learns from; none of them is kept in the project.

A folder of `*.jsonl.gz` files, one JSON object with a `text` a line. A text's id is the first twelve hex digits of the
SHA-256 of its text, so that labels can be kept without the text that they belong to.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FORMAL: Final = ("more_text",)
RATINGS_HELD_OUT: Final = "snappfood_dev"  # its ratings are for measuring, never learnt from
COLLOQUIAL_REGISTER: Final = "colloquial"


def text_id(text: str) -> str:
    """The id that a text has in the label files.

    >>> len(text_id("عالی بود"))
    12
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_texts(folder: Path, *, formal: bool = False) -> Iterator[str]:
    """Every distinct text of the corpora in `folder`, file by file in name order.

    The mostly formal collections give only their colloquial part unless `formal` is set.
    Raises FileNotFoundError where the folder holds no corpus.
    """
    paths = sorted(folder.glob("*.jsonl.gz"))
    if not paths:
        raise FileNotFoundError(f"No *.jsonl.gz corpus in {folder}. Give the folder that holds the public corpora.")
    seen: set[bytes] = set()
    for path in paths:
        mostly_formal = path.name.split(".")[0] in FORMAL
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if mostly_formal and not formal and record.get("register") != COLLOQUIAL_REGISTER:
                    continue
                key = hashlib.blake2b(record["text"].encode(), digest_size=8).digest()
                if key not in seen:
                    seen.add(key)
                    yield record["text"]
