"""The page about KPIs, made from the tuple of them, so that it cannot say anything else than what is computed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from voc.kpis.kpi import NULL_REASONS, Better, Kpi, Method, Unit

UNITS_EN: Final[Mapping[Unit, str]] = {
    "share": "a share from 0 to 1",
    "points": "points from −100 to 100",
    "points_200": "points from −200 to 200",
    "scale_1_5": "a scale from 1 to 5",
    "scale_1_7": "a scale from 1 to 7",
    "scale_-1_1": "a scale from −1 to 1",
    "seconds": "seconds",
    "amount": "an amount in the currency of the source",
}
METHODS_EN: Final[Mapping[Method, str]] = {
    "adjusted_wald": "adjusted Wald for a Net Promoter Score: n + 3, and ¾ each for promoters and detractors (Rocks 2016)",
    "wilson": "Wilson's score interval for a share (Wilson 1927)",
    "t": "Student's t for a mean; none for a single row",
    "trinomial": "Wald for a difference of two shares of the same rows, one row more on either side (Bonett and Price 2012)",
    "bootstrap": "percentile bootstrap in closed form, nothing drawn at random: for a mean by three moments (Hall 1992),"
    " for a quantile by ranks of rows (Conover 1999); an end that too few rows leave open is null;"
    " it takes a conversation's answers as independent of each other",
    "ratio": "Taylor's linearisation for a ratio of two sums over the same rows (Cochran 1977)",
    "difference": "Welch's t for a difference of two nets of different rows, one row more on either side of each",
    "newcombe": "hybrid score interval for a difference of two shares of different rows (Newcombe 1998, method 10)",
    "none": "no interval",
}
BETTER_EN: Final[Mapping[Better, str]] = {
    "higher": "higher is better",
    "lower": "lower is better",
    "zero": "nearer to zero is better",
}

_OF_RANKS: Final = "at a rank, as said under [intervals](#intervals)"
_OF_POWERS: Final = {
    "squares": "the sum of the squares of what `total` adds up",
    "cubes": "the sum of the cubes of what `total` adds up",
}
_TARGETS: Final = """
```toml
[nps]
target = 40
weight = 2   # 1 when left out
worst = 0    # where the score is 0; the worst end of the KPI's scale when left out
```

A table for each KPI, by its name. `/v1/kpis` then gives each its `target`, too, and webhooks tell when one is crossed.
"""
_INTRODUCTION: Final = """# KPIs

Every figure comes with `n`, the number of rows it rests on, a 95 % interval, the method of that interval and, where there is no
figure, the reason. What is missing is `null`, never 0. A figure for a longer time or a larger group is computed from the counts
of all its rows; it is never a mean of figures. `python -m voc.kpis` writes this page.
"""


def describe(kpis: Sequence[Kpi]) -> str:
    """The page in Markdown: a table of the KPIs, one section for each, then intervals and reasons for null."""
    return "\n".join([_INTRODUCTION, *_table(kpis), "", *_sections(kpis), *_legend()])


def _table(kpis: Sequence[Kpi]) -> Iterator[str]:
    yield "| name | عنوان | title | unit | better | interval |"
    yield "|---|---|---|---|---|---|"
    for kpi in kpis:
        cells = (f"[`{kpi.name}`](#{kpi.name})", kpi.title_fa, kpi.title_en, UNITS_EN[kpi.unit], kpi.better, f"`{kpi.method}`")
        yield f"| {' | '.join(cells)} |"


def _sections(kpis: Sequence[Kpi]) -> Iterator[str]:
    for kpi in kpis:
        yield f"## {kpi.name}\n\n**{kpi.title_en}** · **{kpi.title_fa}** · {UNITS_EN[kpi.unit]} · {BETTER_EN[kpi.better]}\n"
        yield f"{kpi.definition_en}\n\n{kpi.definition_fa}\n"
        yield f"- formula: {kpi.formula}\n- needs: {', '.join(f'`{field}`' for field in kpi.needs) or '`VOC_TARGETS`'}"
        yield from (f"- {name}: {_told(name, aggregate)}" for name, aggregate in kpi.counts.items())
        yield _TARGETS if not kpi.needs else ""


def _told(name: str, aggregate: str) -> str:
    """The SQL; of what is longer than a reader can use, what it comes to."""
    return _OF_RANKS if name in ("low", "high") else _OF_POWERS.get(name, f"`{aggregate}`")


def _legend() -> Iterator[str]:
    yield "## Intervals\n\n| method | what it is |\n|---|---|"
    yield from (f"| `{method}` | {meaning} |" for method, meaning in METHODS_EN.items())
    yield "\n## Why there is no figure\n\n| `null_reason` | meaning |\n|---|---|"
    yield from (f"| `{reason}` | {meaning} |" for reason, meaning in NULL_REASONS.items())
    yield ""
