"""The figures of one evaluation, and how they are shown."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from models.metrics import Score


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run of `voc evaluate` measured.

    `by_domain`: texts, sentiment accuracy, reasons micro F1. `by_code`: examples, F1. `confusion`: truth → said → texts.
    `noise`: kind of slip → figure → value. `evidence`: tags with marked words, share whose weightiest words overlap them.
    """

    model: str
    file: str
    texts: int
    scores: dict[str, Score]
    other_trades: dict[str, Score]
    by_domain: dict[str, tuple[int, float, float]]
    by_code: dict[str, tuple[int, float]]
    confusion: dict[str, dict[str, int]]
    calibration: dict[str, float]
    noise: dict[str, dict[str, float]]
    evidence: tuple[int, float] | None
    snappfood: Score | None
    rows_per_s: float
    threads: int


def print_report(report: Report) -> None:
    """The figures as tables on the terminal."""
    console = Console()
    scores = Table("figure", "value", "95 % interval", title=f"{report.model} on {report.file}: {report.texts:,} texts")
    for name, score in _all_scores(report).items():
        scores.add_row(name, f"{score.value:.3f}", f"{score.low:.3f} – {score.high:.3f}")
    console.print(scores)
    codes = Table("code", "examples", "F1", title="by code")
    for code, (examples, f1) in report.by_code.items():
        codes.add_row(code, str(examples), f"{f1:.2f}")
    console.print(codes)
    domains = Table("domain", "texts", "sentiment accuracy", "reasons micro F1", title="by domain")
    for domain, (texts, accuracy, f1) in report.by_domain.items():
        domains.add_row(domain, str(texts), f"{accuracy:.2f}", f"{f1:.2f}")
    console.print(domains)
    said = list(report.confusion)
    confusion = Table("truth \\ said", *said, title="sentiment")
    for truth, row in report.confusion.items():
        confusion.add_row(truth, *(str(row[name]) for name in said))
    console.print(confusion)
    clean = _clean(report)
    noise = Table("every text with", *clean, title="typed badly")
    for kind, figures in report.noise.items():
        noise.add_row(kind, *(f"{figures[name]:.3f} ({figures[name] - clean[name]:+.3f})" for name in clean))
    console.print(noise)
    errors = ", ".join(f"{name} {error:.3f}" for name, error in report.calibration.items())
    console.print(f"calibration error: {errors}")
    if report.evidence:
        console.print(_evidence_line(report.evidence))
    console.print(f"{report.rows_per_s:,.0f} texts a second in one process of {report.threads} threads")


def markdown_figures(report: Report) -> str:
    """The same figures as Markdown, for the card."""
    lines = ["| figure | value | 95 % interval |", "|---|--:|--:|"]
    lines += [f"| {n} | {s.value:.3f} | {s.low:.3f} – {s.high:.3f} |" for n, s in _all_scores(report).items()]
    lines += ["", "| domain | texts | sentiment accuracy | reasons micro F1 |", "|---|--:|--:|--:|"]
    lines += [f"| {domain} | {n} | {a:.2f} | {f:.2f} |" for domain, (n, a, f) in report.by_domain.items()]
    lines += ["", "| code | examples | F1 |", "|---|--:|--:|"]
    lines += [f"| {code} | {n} | {f'{f1:.2f}' if n else '–'} |" for code, (n, f1) in report.by_code.items()]
    said = list(report.confusion)
    lines += ["", f"| sentiment: truth \\ said | {' | '.join(said)} |", "|---|" + "--:|" * len(said)]
    lines += [f"| {truth} | {' | '.join(str(row[s]) for s in said)} |" for truth, row in report.confusion.items()]
    clean = _clean(report)
    lines += ["", f"| every text with | {' | '.join(clean)} |", "|---|" + "--:|" * len(clean)]
    lines += [
        f"| {kind} | {' | '.join(f'{figures[name]:.3f} ({figures[name] - clean[name]:+.3f})' for name in clean)} |"
        for kind, figures in report.noise.items()
    ]
    errors = ", ".join(f"{name} {error:.3f}" for name, error in report.calibration.items())
    lines += ["", f"Expected calibration error: {errors}."]
    return "\n".join([*lines, *([_evidence_line(report.evidence)] if report.evidence else [])])


def _clean(report: Report) -> dict[str, float]:
    names = next(iter(report.noise.values()))
    return {name: report.scores[name].value for name in names}


def _evidence_line(evidence: tuple[int, float]) -> str:
    tags, share = evidence
    return f"Of {tags:,} tags with words marked by a reader, the weightiest words overlap the marked ones in {share:.0%}."


def _all_scores(report: Report) -> dict[str, Score]:
    return (
        report.scores
        | report.other_trades
        | ({"SnappFood held-out part, macro F1": report.snappfood} if report.snappfood else {})
    )
