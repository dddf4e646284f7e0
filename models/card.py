"""Writes the model card beside the weights, its figures from the run that measured them."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from models.conversations import ConversationReport
from models.report import Report, markdown_figures
from voc.tagging.identity import KPI_ERRORS_FILE

DRAWN_PLAINLY: Final = "test.jsonl"
CARD: Final = """# {name}

Reads in one Persian customer text the sentiment, the contact reasons with polarity, effort and loyalty cues and whether
the problem was solved, in one pass, and in an agent's words what the agent did; points at the words that say so. Made
for `voc`; loaded with transformers.

## What it is

A {encoder_type} encoder of {layers} layers × {hidden} ({parameters:.1f} M parameters, {size_mb:.1f} MB in half precision) with
label-wise attention for each of {labels} labels; sentiment and resolution weigh what was found. Tokenizer: byte pairs,
{vocabulary:,} pieces, half-spaces kept.
Taxonomy `{taxonomy}`, normaliser `{normaliser}`, labels `{data_hash}`.

## What it learned from

Pre-training without labels on public Persian customer text (SnappFood, Digikala, Cafe Bazaar reviews of bank apps,
telecom and place comments, tweets, film and book comments), on running text, mostly formal, and on our own texts below;
then noisy public ratings of the same sources, or what earlier taggers said of them with the ratings weighed in
(`models/teach.py`), then {train:,} texts labelled by reading, kept in
`data/labels`: public ones by id without the text, {own:,} of our own and {conversations:,} conversations of our own with it.
Most of the sources state no licence; they were used for training only. Public names: SnappFood 70k (the ParsBERT split),
MMDBadCoder/snapfoodComments, Amirali-Amirifar/digikala-sentiment-analysis,
MaedehArab/Sentiment-analysis_comments-of-Digikala-users, mohsenamjadi/NLP-Naive-Bayes,
shumaly/persian-sentiment-analysis-using-fastText, rhatami/Cafebazaar_Scraper, zekavat-ITRC/sentiment-Analysis
(arXiv 2306.12679), amirdkb/Sentiment-Analysis-Persian-Dataset, Arshiahb/Persian-Sentiment-Analysis, PerCQA (Apache-2.0).
Running text, for pre-training alone, with the licence stated at the source: Hamshahri (none; research use upstream), news of
language-ml and RustFarsi/book (Apache-2.0), PerSpellData, persian-twitter-ner and persian-llm-leaderboard (MIT), ParsiNLU
(CC BY-NC-SA 4.0), PQuAD (CC BY-SA 4.0), PersianQA (GPL-3.0), documentation of Vue and React (CC BY), of MDN, javascript.info,
Pro Git, Solidity and Tor (share-alike, non-commercial or none stated), and channels and captions that state none.

## How good it is

Printed by `voc evaluate --corpora CORPORA`. None of these texts was learnt from. `dev` and `test` are public texts, each
labelled by one person; thresholds and temperatures were set on `dev`, so `test` is the truer of the two. `test_own` are
texts that we wrote, of trades that the public sets lack. How far two people agree: `python -m models.agreement`.

{figures}

## Limits

- Codes with few examples above are guesses more often than not; trends over them should be read with that in mind.
- Insurance, travel, repair, utilities and government services are known from texts that we wrote alone.
- In a long text one clause among many can be overlooked, and sentiment drifts to neutral with much plain narration.
- Irony is often missed. Finglish is marked (`script`) but hardly understood.
- It reads what is said, not what happened, and nothing of images, ratings or history.
"""


def write_card(folder: Path, reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> None:
    """Write README.md in the model folder, and the errors that KPIs show beside their values."""
    write_kpi_errors(folder, reports, conversations)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    weights = folder / "model.safetensors"
    labels = sum(len(config[name]) for name in ("sentiments", "reasons", "effort", "loyalty", "resolutions", "moves"))
    labelled = [path.read_text("utf-8") for path in (files("data") / "labels").iterdir() if path.name.startswith("train")]
    card = CARD.format(
        name=config["tagger_name"],
        encoder_type=config["encoder"]["model_type"],
        layers=config["encoder"]["num_hidden_layers"],
        hidden=config["encoder"]["hidden_size"],
        parameters=weights.stat().st_size / 2e6,
        size_mb=weights.stat().st_size / 1e6,
        labels=labels,
        vocabulary=config["encoder"]["vocab_size"],
        taxonomy=config["taxonomy"],
        normaliser=config["normaliser"],
        data_hash=config["data_hash"],
        train=sum(len(text.splitlines()) for text in labelled),
        own=sum('"words"' in line for text in labelled for line in text.splitlines()),
        conversations=sum('"turns"' in line for text in labelled for line in text.splitlines()),
        figures=markdown_figures(reports, conversations),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def write_kpi_errors(folder: Path, reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> None:
    """Reading less labels by KPI, from the texts drawn plainly where they are among the reports, and conversations."""
    report = next((each for each in reports if each.file == DRAWN_PLAINLY), reports[-1])
    measured = report.kpis | {name: pair for each in conversations for name, pair in each.kpis.items()}
    errors = {name: round(read - said, 4) for name, (read, said) in measured.items()}
    told = {"files": [report.file, *(each.file for each in conversations)], "errors": errors}
    (folder / KPI_ERRORS_FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
