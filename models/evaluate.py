"""Measures a tagger on labelled texts, end to end as it serves, and writes the model card from the same run.

    voc evaluate --corpora CORPORA

A label file holds the texts themselves or their ids; the texts of ids are looked up in the corpora, and a file of which
none is found is passed over with a word.
"""

import argparse
import gzip
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from models.card import write_card
from models.conversations import evaluate_conversations
from models.corpora import RATINGS_HELD_OUT
from models.examples import labels_folder, read_records, read_texts_by_id
from models.kpi_errors import measure_kpis
from models.metrics import METRICS, Answers, AsGiven, Codes, Score, bootstrap, own_reasons, record_of_tags
from models.noise import SPOILERS
from models.report import Report, print_reports
from voc.records import Cue, Reason, Tags
from voc.report_card.figures import Bools, calibration_error, micro_f1
from voc.tagging.identity import find_model
from voc.tagging.shape import TaggerShape
from voc.tagging.tagger import TransformerTagger

OTHER_TRADES: Final = ("telecom", "places")
HELD_OUT: Final = tuple(
    labels_folder() / name
    for name in (
        *("dev.jsonl", "test.jsonl", "test_own.jsonl"),
        *("dev_conversations.jsonl", "test_conversations.jsonl", "test_conversations_2.jsonl"),
    )
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, measure, print, and write the card where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", default=HELD_OUT, help="labelled texts or ids")
    parser.add_argument("--corpora", type=Path, nargs="*", default=[], help="folders with the texts of the ids")
    parser.add_argument("--model", default="", help="model folder; the shipped one when empty")
    parser.add_argument("--card", action="store_true", help="write the figures to README.md in the model folder")
    given = parser.parse_args(arguments)
    folder = find_model(given.model)
    tagger = TransformerTagger(folder)
    reports, conversations, remarks = [], [], list[str]()
    for file in given.files:
        records = read_records(file)
        if spoken := [record for record in records if "turns" in record]:
            conversations.append(evaluate_conversations(tagger, file.name, spoken, tagger.config))
        elif written := with_texts(records, given.corpora):
            reports.append(evaluate(tagger, file.name, written))
        else:
            print(f"{file}: none of its texts is here. Name the folders of the public corpora with --corpora.")
            continue
        if remark := AsGiven(tagger.config, spoken or written).remark:
            remarks.append(f"{file.name}: {remark}.")
    if not reports and not conversations:
        raise SystemExit("Nothing to measure.")
    if reports and (snappfood := _snappfood(tagger, given.corpora)):
        reports[0].scores["SnappFood held-out part, macro F1"] = snappfood
    print_reports(reports, conversations)
    print(*remarks, sep="\n", end="\n" if remarks else "")
    if given.card:
        write_card(folder, reports, conversations)


def with_texts(records: Sequence[dict[str, Any]], corpora: Sequence[Path]) -> list[dict[str, Any]]:
    """The records of a label file whose texts stand in it or in the corpora."""
    texts = read_texts_by_id(corpora, {record["id"] for record in records if "text" not in record})
    return [record | {"text": text} for record in records if (text := record.get("text") or texts.get(record["id"]))]


def evaluate(tagger: TransformerTagger, name: str, records: Sequence[dict[str, Any]]) -> Report:
    """All figures of a tagger on labelled records, by the codes that it gives (`AsGiven`)."""
    config = tagger.config
    codes, as_given = Codes(config), AsGiven(config, records)
    texts = [record["text"] for record in records]
    tagger.tag(texts[:50])
    began = time.perf_counter()
    tagged = [as_given.answer(tags) for tags in tagger.tag(texts)]
    answers = codes.table([record_of_tags(tags) for tags in tagged])
    rows_per_s = len(texts) / (time.perf_counter() - began)
    labelled = [as_given.label(record) for record in records]
    gold = codes.table(labelled)
    domains = [record.get("domain", "") for record in records]
    return Report(
        model=config.tagger_name,
        file=name,
        texts=len(texts),
        scores={figure: bootstrap(metric, answers, gold) for figure, metric in METRICS.items()}
        | _other_trades(answers, gold, domains),
        by_domain=_by_domain(answers, gold, domains),
        by_code=_by_code(answers, gold, codes),
        confusion=_confusion(answers, gold, codes),
        calibration=_calibration(tagger, texts, records),
        noise={spoiler: _spoiled(tagger, texts, spoiler, as_given, gold) for spoiler in SPOILERS},
        evidence=evidence_overlap(labelled, tagged),
        kpis=measure_kpis(labelled, tagged),
        rows_per_s=rows_per_s,
        threads=torch.get_num_threads(),
    )


def _by_domain(given: Answers, gold: Answers, domains: list[str]) -> dict[str, tuple[int, float, float]]:
    figures = {}
    for domain in sorted(set(domains) - {""}):
        rows = np.array([position for position, each in enumerate(domains) if each == domain])
        a, b = given.rows(rows), gold.rows(rows)
        figures[domain] = (len(rows), float((a.sentiment == b.sentiment).mean()), micro_f1(a.reasons, b.reasons))
    return figures


def _other_trades(given: Answers, gold: Answers, domains: list[str]) -> dict[str, Score]:
    """The first figures once more on the trades that a model of shop and food reviews has not seen."""
    rows = np.array([position for position, each in enumerate(domains) if each in OTHER_TRADES], dtype=np.int64)
    names = ("sentiment accuracy", "reasons micro F1") if len(rows) else ()
    trades = " and ".join(OTHER_TRADES)
    return {f"{trades}: {name}": bootstrap(METRICS[name], given.rows(rows), gold.rows(rows)) for name in names}


def _spoiled(tagger: TransformerTagger, texts: list[str], spoiler: str, as_given: AsGiven, gold: Answers) -> dict[str, float]:
    """The headline figures when every text is typed badly in one way."""
    random = np.random.default_rng(0)
    tagged = tagger.tag([SPOILERS[spoiler](text, random) for text in texts])
    answers = Codes(tagger.config).table([record_of_tags(as_given.answer(tags)) for tags in tagged])
    return {name: METRICS[name](answers, gold) for name in ("sentiment accuracy", "reasons micro F1")}


def evidence_overlap(records: Sequence[dict[str, Any]], tagged: Sequence[Tags]) -> tuple[int, float] | None:
    """How many tags had marked words, and the share of them whose weightiest phrase overlaps some marked words."""
    overlaps = []
    for record, tags in zip(records, tagged, strict=True):
        each: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
        for found in each:
            if found.evidence and (phrases := record.get("words", {}).get(found.code)):
                start, end = found.evidence[0]
                marked = [(record["text"].index(phrase), len(phrase)) for phrase in phrases]
                overlaps.append(any(start < at + length and at < end for at, length in marked))
    return (len(overlaps), float(np.mean(overlaps))) if overlaps else None


def _by_code(given: Answers, gold: Answers, codes: Codes) -> dict[str, tuple[int, float]]:
    heads = (("reasons", codes.reasons), ("effort", codes.effort), ("loyalty", codes.loyalty))
    return {
        code: (int(getattr(gold, head)[:, at].sum()), micro_f1(getattr(given, head)[:, at], getattr(gold, head)[:, at]))
        for head, names in heads
        for at, code in enumerate(names)
    }


def _confusion(given: Answers, gold: Answers, codes: Codes) -> dict[str, dict[str, int]]:
    return {
        truth: {said: int(((gold.sentiment == i) & (given.sentiment == j)).sum()) for j, said in enumerate(codes.sentiments)}
        for i, truth in enumerate(codes.sentiments)
    }


def _calibration(tagger: TransformerTagger, texts: list[str], records: Sequence[dict[str, Any]]) -> dict[str, float]:
    readings = tagger.read([tagger.normalise(text) for text in texts])
    sentiment = np.stack([reading.sentiment for reading in readings]).astype(float)
    gold, asked = truth_of_network(tagger.config, records)
    truth = np.concatenate([gold.reasons, gold.effort, gold.loyalty], axis=1)[:, asked]
    found = np.stack([reading.found[: len(asked)] for reading in readings])[:, asked].astype(float)
    return {
        "sentiment": calibration_error(sentiment.max(1), sentiment.argmax(1) == gold.sentiment),
        "reasons and cues": calibration_error(found.ravel(), truth.ravel()),
    }


def truth_of_network(config: TaggerShape, records: Sequence[dict[str, Any]]) -> tuple[Answers, Bools]:
    """The labels in the network's own order, whatever its reasons are given as, and which columns [R + E + L] they tell.

    They do not tell reasons of the draft's own that no label has, nor those that labels know by what they are given as alone.
    """
    labelled = {code for record in records for code in record["reasons"]}
    own, given_as, codes = own_reasons(config), config.given_as or {}, Codes(replace(config, given_as=None))
    known = [code in labelled or not (code in own or given_as.get(code) in labelled) for code in codes.reasons]
    raw = [{**each, "reasons": {c: said for c, said in each["reasons"].items() if c in codes.reasons}} for each in records]
    return codes.table(raw), np.array([*known, *(True for _ in codes.effort + codes.loyalty)])


def _snappfood(tagger: TransformerTagger, corpora: Sequence[Path]) -> Score | None:
    """Macro F1 on SnappFood's held-out part, which knows but two classes: mixed and neutral fall to the likelier one."""
    path = next((path for folder in corpora for path in folder.glob(f"{RATINGS_HELD_OUT}.jsonl.gz")), None)
    if path is None:
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    said = np.array([tags.sentiment_score < 0 for tags in tagger.tag([record["text"] for record in records])])
    truth = np.array([record["sentiment"] == "negative" for record in records])

    def score(rows: Any) -> float:
        return (micro_f1(said[rows], truth[rows]) + micro_f1(~said[rows], ~truth[rows])) / 2

    random, everything = np.random.default_rng(0), np.arange(len(truth))
    draws = [score(random.integers(0, len(truth), len(truth))) for _ in range(200)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Score(score(everything), float(low), float(high))


if __name__ == "__main__":
    main()
