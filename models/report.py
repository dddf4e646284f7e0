"""The figures of an evaluation as tables, a column for each label file, for the terminal and for the model card."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from models.conversations import ConversationReport
from models.kpi_errors import FROM_CONVERSATIONS
from models.metrics import Score


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured on one label file.

    `by_domain`: texts, sentiment accuracy, reasons micro F1. `by_code`: examples, F1. `confusion`: truth → said → texts.
    `noise`: kind of slip → figure → value. `evidence`: tags with marked words, share whose weightiest phrase overlaps them.
    `kpis`: KPI → its value by the model's reading and by the labels.
    """

    model: str
    file: str
    texts: int
    scores: dict[str, Score]
    by_domain: dict[str, tuple[int, float, float]]
    by_code: dict[str, tuple[int, float]]
    confusion: dict[str, dict[str, int]]
    calibration: dict[str, float]
    noise: dict[str, dict[str, float]]
    evidence: tuple[int, float] | None
    kpis: dict[str, tuple[float, float]]
    rows_per_s: float
    threads: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: what it shows, its header, its rows."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def sheets(reports: Sequence[Report]) -> Iterator[Sheet]:
    """The tables of an evaluation of one model; none without reports."""
    if not reports:
        return
    files = tuple(f"{report.file} ({report.texts:,} texts)" for report in reports)

    def sheet(title: str, first: str, columns: Sequence[Mapping[str, str]]) -> Sheet:
        names = dict.fromkeys(name for column in columns for name in column)
        rows = [(name, *(column.get(name, "–") for column in columns)) for name in names]
        return Sheet(title, (first, *files), rows)

    yield sheet("Figures, with 95 % intervals", "figure", [{n: _score(s) for n, s in r.scores.items()} for r in reports])
    yield sheet(
        "Sentiment accuracy · reasons micro F1 · (texts)",
        "domain",
        [{d: f"{a:.2f} · {f:.2f} ({n})" for d, (n, a, f) in r.by_domain.items()} for r in reports],
    )
    yield sheet(
        "F1 (examples)",
        "code",
        [{code: f"{f1:.2f} ({n})" for code, (n, f1) in r.by_code.items() if n} for r in reports],
    )
    yield sheet(
        "Sentiment accuracy · reasons micro F1 when every text is typed badly, change in brackets",
        "every text with",
        [{kind: _beside_clean(figures, r) for kind, figures in r.noise.items()} for r in reports],
    )
    yield sheet(
        "KPIs by the model's reading · by the labels",
        "KPI",
        [{name: _pair(pair) for name, pair in r.kpis.items()} for r in reports],
    )
    yield sheet("Expected calibration error", "output", [{n: f"{e:.3f}" for n, e in r.calibration.items()} for r in reports])
    for report in reports:
        said = tuple(report.confusion)
        rows = [(truth, *(str(row[name]) for name in said)) for truth, row in report.confusion.items()]
        yield Sheet(f"Sentiment, {report.file}", ("truth \\ said", *said), rows)


def conversation_sheets(reports: Sequence[ConversationReport]) -> Iterator[Sheet]:
    """The tables of conversations."""
    files = tuple(f"{report.file} ({report.conversations:,} conversations)" for report in reports)
    if not reports:
        return
    yield Sheet(
        "Conversations, with 95 % intervals",
        ("figure", *files),
        [(name, *(_score(report.scores[name]) for report in reports)) for name in reports[0].scores],
    )
    yield Sheet(
        "What the agent did: F1 (examples)",
        ("move", *files),
        [
            (code, *(f"{report.by_move[code][1]:.2f} ({report.by_move[code][0]})" for report in reports))
            for code in reports[0].by_move
        ],
    )
    yield Sheet(
        "KPIs of conversations by the model's reading · by the labels",
        ("KPI", *files),
        [(name, *(_pair(report.kpis.get(name)) for report in reports)) for name in FROM_CONVERSATIONS],
    )


def print_reports(reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> None:
    """The figures as tables on the terminal."""
    for sheet in (*sheets(reports), *conversation_sheets(conversations)):
        print_sheet(sheet)
    for line in (*remarks(reports), *conversation_remarks(conversations)):
        print(line)


def print_sheet(sheet: Sheet) -> None:
    """One table on the terminal."""
    table = Table(*sheet.header, title=sheet.title)
    for row in sheet.rows:
        table.add_row(*row)
    Console().print(table)


def markdown_figures(reports: Sequence[Report], conversations: Sequence[ConversationReport] = ()) -> str:
    """The same tables as Markdown, for the card."""
    lines: list[str] = []
    for sheet in (*sheets(reports), *conversation_sheets(conversations)):
        lines += [f"**{sheet.title}**", "", _markdown_row(sheet.header), "|---|" + "--:|" * (len(sheet.header) - 1)]
        lines += [*map(_markdown_row, sheet.rows), ""]
    return "\n".join([*lines, *remarks(reports), *conversation_remarks(conversations)])


def remarks(reports: Sequence[Report]) -> Iterator[str]:
    """What is said in a sentence, not in a table."""
    for report in reports:
        if report.evidence:
            tags, share = report.evidence
            yield (
                f"{report.file}: of {tags:,} tags with words marked by a reader, the weightiest phrase overlaps marked"
                f" ones in {share:.0%}."
            )
        yield f"{report.file}: {report.rows_per_s:,.0f} texts a second in one process of {report.threads} threads."


def conversation_remarks(reports: Sequence[ConversationReport]) -> Iterator[str]:
    """How fast conversations were read."""
    for report in reports:
        yield f"{report.file}: {report.turns_per_s:,.0f} turns a second in one process."


def _pair(pair: tuple[float, float] | None) -> str:
    return f"{pair[0]:.3f} · {pair[1]:.3f}" if pair else "–"


def _score(one: Score) -> str:
    return f"{one.value:.3f} ({one.low:.3f} – {one.high:.3f})"


def _beside_clean(figures: Mapping[str, float], report: Report) -> str:
    return " · ".join(f"{value:.3f} ({value - report.scores[name].value:+.3f})" for name, value in figures.items())


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
