"""What a person wants to know when a file is tagged: how many, how they feel, why they wrote, how hard it was."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voc.calendars import to_jalali
from voc.records import Feedback, Reject, Tags
from voc.taxonomy import Taxonomy

TOP_REASONS: Final = 10
BAR_CELLS: Final = 24


class Summary:
    """Counts as rows go by; `taxonomy` has the titles of what they are tagged with."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self.rows = 0
        self.refused = 0
        self.hard = 0
        self.loyal = 0
        self.conversations = 0
        self._sentiment: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._net: Counter[str] = Counter()
        self._cues: Counter[str] = Counter()
        self._rejects: Counter[tuple[str | None, str]] = Counter()
        self._scripts: Counter[str] = Counter()
        self._days: set[date] = set()

    def add(self, feedback: Feedback, tags: Tags) -> None:
        """Count a tagged row."""
        self.rows += 1
        self._sentiment[tags.sentiment] += 1
        self._scripts[tags.script] += 1
        self.hard += any(cue.code != "easy" for cue in tags.effort)
        self.loyal += bool(tags.loyalty)
        self.conversations += bool(feedback.turns)
        for reason in tags.reasons:
            self._reasons[reason.code] += 1
            self._net[reason.code] += {"positive": 1, "negative": -1}.get(reason.polarity, 0)
        self._cues.update(cue.code for cue in (*tags.effort, *tags.loyalty))
        if tags.conversation:
            self._cues.update(move.code for move in tags.conversation.moves)
        if feedback.occurred_at:
            self._days.add(feedback.occurred_at.date())

    def refuse(self, reject: Reject) -> None:
        """Count a refused row."""
        self.refused += 1
        self._rejects[(reject.column, reject.code)] += 1

    def merge(self, other: "Summary") -> None:
        """Count what was counted elsewhere."""
        for name in ("rows", "refused", "hard", "loyal", "conversations"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("_sentiment", "_reasons", "_net", "_cues", "_rejects", "_scripts", "_days"):
            getattr(self, name).update(getattr(other, name))

    def show(self, console: Console) -> None:
        """Print what was counted."""
        if not self.rows and not self.refused:
            return
        console.print(self._overview())
        if self._reasons:
            console.print(self._top_reasons())
        for (column, code), count in self._rejects.most_common(5):
            console.print(f"[red]refused[/] {count:,} × {code}" + (escape(f" in column {column}") if column else ""))

    @property
    def _titles(self) -> Mapping[str, str]:
        """What tags are called, which is an organisation's own to say."""
        return {code: escape(title) for code, title in self._taxonomy.titles_fa.items()}

    def _overview(self) -> Table:
        titles = self._titles
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_row("[bold]rows[/]", f"{self.rows:,}", self._period())
        for code, count in self._sentiment.most_common():
            table.add_row(code, _share(count, self.rows), f"{_bar(count, self.rows)} {titles[code]}")
        table.add_row("high effort", _share(self.hard, self.rows), self._most(self._taxonomy.effort))
        table.add_row("loyalty cues", _share(self.loyal, self.rows), self._most(self._taxonomy.loyalty))
        if self.conversations:
            table.add_row("conversations", f"{self.conversations:,}", self._most(self._taxonomy.moves))
        if other := self.rows - self._scripts["persian"]:
            table.add_row("not in Persian script", f"{other:,}", ", ".join(f"{k} {v:,}" for k, v in self._scripts.items()))
        return table

    def _period(self) -> str:
        if not self._days:
            return "without dates"
        first, last = min(self._days), max(self._days)
        jalali = " … ".join("{}/{:02}/{:02}".format(*to_jalali(day)) for day in (first, last))
        return f"{jalali}  ({first} … {last})"

    def _most(self, entries: tuple[object, ...]) -> str:
        titles = self._titles
        codes = {getattr(entry, "code", "") for entry in entries}
        common = [(code, count) for code, count in self._cues.most_common() if code in codes][:3]
        return " · ".join(f"{code} {count:,} ({titles[code]})" for code, count in common)

    def _top_reasons(self) -> Table:
        titles = self._titles
        table = Table(title="top contact reasons", title_style="bold")
        for name in ("reason", "عنوان", "rows", "share", "net polarity"):
            table.add_column(name, justify="right" if name in ("rows", "share", "net polarity") else "left")
        for code, count in self._reasons.most_common(TOP_REASONS):
            net = 100 * self._net[code] / count
            colour = "green" if net > 0 else "red" if net < 0 else "white"
            table.add_row(code, titles[code], f"{count:,}", _share(count, self.rows), f"[{colour}]{net:+.0f}[/]")
        return table


def _share(count: int, total: int) -> str:
    return f"{count / total:.0%}" if total else "–"


def _bar(count: int, total: int) -> str:
    return "█" * round(BAR_CELLS * count / total) if total else ""
