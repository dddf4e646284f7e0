"""Writes the model card beside the weights, its figures from the run that measured them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.conversations import ConversationReport
from models.examples import labels_folder, labels_hash
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
Our conversations and texts of our own were written, and they and most public texts labelled
and read again, by language models that worked from the guide.
Most of the sources state no licence; they were used for training only. Public names: SnappFood 70k (the ParsBERT split),
MMDBadCoder/snapfoodComments, Amirali-Amirifar/digikala-sentiment-analysis,
MaedehArab/Sentiment-analysis_comments-of-Digikala-users, mohsenamjadi/NLP-Naive-Bayes,
shumaly/persian-sentiment-analysis-using-fastText, rhatami/Cafebazaar_Scraper, zekavat-ITRC/sentiment-Analysis
(arXiv 2306.12679), amirdkb/Sentiment-Analysis-Persian-Dataset, Arshiahb/Persian-Sentiment-Analysis, PerCQA (Apache-2.0).
Running text, for pre-training alone, with the licence stated at the source: Hamshahri (none; research use upstream), news of
language-ml and RustFarsi/book (Apache-2.0), PerSpellData, persian-twitter-ner and persian-llm-leaderboard (MIT), ParsiNLU
(CC BY-NC-SA 4.0), PQuAD (CC BY-SA 4.0), PersianQA (GPL-3.0), documentation of Vue and React (CC BY), of MDN, javascript.info,
Pro Git, Solidity and Tor (share-alike, non-commercial or none stated), and channels and captions that state none.

{figures}
## Limits

- Codes with few examples above are guesses more often than not; trends over them should be read with that in mind.
- Insurance, travel, repair, utilities and government services are known from texts that we wrote alone.
- In a long text one clause among many can be overlooked, and sentiment drifts to neutral with much plain narration.
- Irony is often missed. Finglish is marked (`script`) but hardly understood.
- It reads what is said, not what happened, and nothing of images, ratings or history.
"""

HOW_GOOD: Final = """## How good it is

Printed by `voc evaluate --corpora CORPORA`. No label of these texts was learnt from; the public ones are among the text of the
pre-training. `dev` and `test` are public texts, each labelled by one person; thresholds and temperatures were set on `dev` and
`dev_conversations`, so the others are truer. `test_own` are texts that we wrote, of trades that the public sets lack, and all
conversations are ours. How far two readers agree: `python -m models.agreement`.

{figures}
"""


def write_card(folder: Path, reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> None:
    """Write README.md in the model folder, and the errors that KPIs show beside their values.

    A card that tells what else the model learnt, corrections or reasons of one's own, is kept: its figures alone are anew.
    """
    write_kpi_errors(folder, reports, conversations)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    figures, readme = HOW_GOOD.format(figures=markdown_figures(reports, conversations)), folder / "README.md"
    if config["data_hash"] == labels_hash(labels_folder()) and not (config.get("own_reasons") or config.get("given_as")):
        card = _card_of(config, folder / "model.safetensors", figures)
    else:
        before = readme.read_text("utf-8") if readme.exists() else f"# {config['tagger_name']}\n"
        card = _with_figures(before, figures)
    readme.write_text(card, encoding="utf-8")


def _card_of(config: Mapping[str, Any], weights: Path, figures: str) -> str:
    """The whole card of a model that has learnt from the label files of this package and nothing else."""
    labelled = [path.read_text("utf-8") for path in sorted(labels_folder().glob("train*.jsonl"))]
    return CARD.format(
        name=config["tagger_name"],
        encoder_type=config["encoder"]["model_type"],
        layers=config["encoder"]["num_hidden_layers"],
        hidden=config["encoder"]["hidden_size"],
        parameters=weights.stat().st_size / 2e6,
        size_mb=weights.stat().st_size / 1e6,
        labels=sum(len(config[name]) for name in ("sentiments", "reasons", "effort", "loyalty", "resolutions", "moves")),
        vocabulary=config["encoder"]["vocab_size"],
        taxonomy=config["taxonomy"],
        normaliser=config["normaliser"],
        data_hash=config["data_hash"],
        train=sum(len(text.splitlines()) for text in labelled),
        own=sum('"words"' in line for text in labelled for line in text.splitlines()),
        conversations=sum('"turns"' in line for text in labelled for line in text.splitlines()),
        figures=figures,
    )


def _with_figures(card: str, figures: str) -> str:
    """A card with these figures in the place of its own, or at its end."""
    head, _, rest = card.partition(HOW_GOOD.partition("\n")[0])
    after = rest.find("\n## ")
    return f"{head.rstrip()}\n\n{figures}" + (rest[after:] if after >= 0 else "")


def write_kpi_errors(folder: Path, reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> None:
    """Reading less labels by KPI, from the texts drawn plainly where they are among the reports, and the last conversations.

    Those of the reasons are left out where a draft has changed them: labels do not have them all.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    plainly = [each for each in reports if each.file == DRAWN_PLAINLY] or reports[-1:]
    chosen: list[Report | ConversationReport] = [*plainly, *conversations[-1:]]
    errors = {name: round(read - said, 4) for each in chosen for name, (read, said) in each.kpis.items()}
    if config.get("own_reasons") or config.get("given_as"):
        errors = {name: error for name, error in errors.items() if not name.startswith("reason_")}
    told = {"files": [each.file for each in chosen], "errors": errors}
    (folder / KPI_ERRORS_FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
