"""New themes that no code covers: phrases that come more often than before among the texts in which the tagger found no reason.

A word is compared without regard to half-spaces, letter forms, digits' script and vowel signs, so that «بسته‌بندی», «بسته بندی»
and «بستهبندی» are one phrase, shown as most customers write it. A phrase ends at a mark, an emoji or a masked placeholder. The
database splits and counts; what it hands over are the phrases that enough texts have.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError
from voc.kpis.kpi import count_if
from voc.kpis.slices import Selects
from voc.store.feedback import feedback_id
from voc.store.filters import Filters, Where, where
from voc.text.function_words import function_words
from voc.text.mask import PLACEHOLDERS
from voc.trends.compare import TYPICAL_LENGTH

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

NEW: Final = 1.96
"""A score from which a phrase is new: one in forty of those that stay the same reaches it."""
PRIOR_SHARE: Final = 0.1
"""The prior weighs as much as this share of all texts. Less would overlook what is new, more would hide what merely grows: of
1,000 texts, ten against none score 2.3, 50 against 25 score 2.6, and 1.6 % of the phrases that stay the same 1.96 or more."""
ABSORBING_SHARE: Final = 0.8
"""A phrase that comes in at least this share of the texts of a shorter one within it says the same and more."""

_LETTERS: Final = "آأإٱيىئېےكڪؤۆةۀە۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"
_PLAIN: Final = "اااایییییککووههه01234567890123456789"
_UNSEEN: Final = "".join(map(chr, (0x200C, 0x200D, 0x200E, 0x200F, 0xAD, 0x640, *range(0x64B, 0x660), 0x670)))
_LEVEL: Final = str.maketrans(_LETTERS, _PLAIN, _UNSEEN)
_BREAK: Final = "."  # stands between words where no phrase goes on
_IN_WORDS: Final = f"a-z0-9\u0621-\u063a\u0641-\u064a\u0671-\u06d3\u06f0-\u06f9\u0660-\u0669{_UNSEEN}"
_BREAKS: Final = "|".join((*map(re.escape, PLACEHOLDERS.values()), f"[^\\s{_IN_WORDS}]+"))

_WORDS: Final = 3
_TELLING, _NUMBER, _FUNCTION, _NO_WORD = 3, 2, 1, 0
"""What a word may do for a phrase: be one alone; begin or end it, if a telling one is in it; stand inside it; not be in it."""

_KIND: Final = (
    f"CASE WHEN key IN ('{_BREAK}', '') THEN {_NO_WORD} WHEN key = ANY($small_words) THEN {_FUNCTION}"
    f" WHEN regexp_like(key, '^[0-9]+$') THEN {_NUMBER} ELSE {_TELLING} END"
)
_FOLLOWING: Final = ", ".join(
    f"lead({name}, {step}) OVER following AS {name}_{step + 1}" for step in range(1, _WORDS) for name in ("word", "key", "kind")
)
_IN_PERIODS: Final = f"{count_if('recent')} AS n, {count_if('NOT recent')} AS n_before"


@dataclass(frozen=True, slots=True)
class Theme:
    """A phrase of one to three words and how many texts without a reason hold it.

    `n` do in the period, `n_before` in the one before; shares are of the texts without a reason of that period, None where it
    has none. `score` is the z of the log-odds of the two shares, above zero where the phrase has become more frequent; it is
    None where there is no text before to compare with. `examples` are ids of rows of the period, texts of ordinary length
    first, then the latest arrived.
    """

    phrase: str
    n: int
    n_before: int
    share: float
    share_before: float | None
    score: float | None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase that enough texts hold: as it is shown, its words as they are compared, counts and the rows for examples."""

    shown: str
    words: tuple[str, ...]
    n: int
    n_before: int
    seqs: tuple[int, ...]


def find_themes(
    store: Selects,
    *,
    from_: date,
    to: date,
    before: date | None = None,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    min_n: int = 5,
    min_score: float | None = None,
    limit: int = 20,
    examples: int = 3,
) -> list[Theme]:
    """The phrases that at least `min_n` tagged texts without a reason in [`from_`, `to`) hold, the newest first.

    They are compared with those in [`before`, `from_`), by default as many days. Phrases of function words and numbers only,
    and those that begin or end with a function word, are none; one that nearly always comes within a longer one is left out, as
    are those with a score below `min_score`. The days of `filters` are not looked at. Raises InputError for days that are not
    in order and for a code that is unknown.
    """
    before = from_ - (to - from_) if before is None else before
    if not before <= from_ < to:
        raise InputError(f"from, to: {before}, {from_} and {to} are not in order.", field="from")
    condition = where(replace(filters, from_=before, to=to))
    texts, texts_before, phrases = _count(store, condition, from_, min_n, examples)
    kept = [each for each, absorbed in zip(phrases, _absorbed(phrases), strict=True) if not absorbed]
    n, n_before = np.array([(each.n, each.n_before) for each in kept]).reshape(-1, 2).T
    scores = log_odds_z(n, n_before, texts, texts_before)
    themes = [
        Theme(
            each.shown, each.n, each.n_before, each.n / texts,
            each.n_before / texts_before if texts_before else None,
            float(score) if texts_before else None,
            tuple(map(feedback_id, each.seqs)),
        )
        for each, score in zip(kept, scores, strict=True)
    ]  # fmt: skip
    newer = [each for each in themes if min_score is None or each.score is None or each.score >= min_score]
    return sorted(newer, key=lambda theme: (-(theme.score or 0.0), -theme.n, theme.phrase))[:limit]


def log_odds_z(n: NDArray[np.int64], n_before: NDArray[np.int64], texts: int, texts_before: int) -> NDArray[np.float64]:
    """How surely each phrase is more frequent than before, in standard deviations; below zero, less [phrases].

    The log-odds ratio with an informative Dirichlet prior, over its standard error, of Monroe, Colaresi and Quinn (2008,
    Political Analysis 16:372), for a text that holds the phrase or does not. The prior is the phrase's share of all texts, with
    half a text for it and half against, and weighs `PRIOR_SHARE` of them.

    >>> log_odds_z(np.array([10, 50, 25]), np.array([0, 25, 50]), 1000, 1000).round(1).tolist()
    [2.3, 2.6, -2.6]
    """
    weight = PRIOR_SHARE * (texts + texts_before)
    prior = weight * (n + n_before + 0.5) / (texts + texts_before + 1)
    held, other = n + prior, texts - n + weight - prior
    held_before, other_before = n_before + prior, texts_before - n_before + weight - prior
    error = np.sqrt(1 / held + 1 / other + 1 / held_before + 1 / other_before)
    z: NDArray[np.float64] = (np.log(held / other) - np.log(held_before / other_before)) / error
    return z


def _count(store: Selects, condition: Where, from_: date, min_n: int, examples: int) -> tuple[int, int, list[_Phrase]]:
    """The texts without a reason in the period and before it, and the phrases of at least `min_n` of the former."""
    found = store.select(
        _counting_query(condition),
        {
            **condition.parameters,
            "start": from_,
            "breaks": _BREAKS,
            "letters": _LETTERS + _UNSEEN,
            "plain": _PLAIN,
            "small_words": sorted(word.translate(_LEVEL) for word in function_words()),
            "min_n": min_n,
            "most": examples,
        },
    )
    ((_, texts, texts_before, _),) = (row for row in found if row[0] is None)
    phrases = [
        _Phrase(shown, tuple(shown.translate(_LEVEL).split()), n, n_before, tuple(seqs))
        for shown, n, n_before, seqs in found
        if shown is not None
    ]
    return texts, texts_before, phrases


def _counting_query(condition: Where) -> str:
    """SQL for (phrase, n, n_before, seqs); the row without a phrase counts all texts.

    A text counts once for a phrase. What is compared, the key, has no spaces, so that half-spaces do not matter. Each word is
    looked at once, and only what is frequent is shown, for both are slow.
    """
    return (
        f"WITH held AS ({_texts_that_pass(condition)}),"
        " said AS (SELECT seq, recent, ordinary, unnest(words) AS word, generate_subscripts(words, 1) AS place FROM held),"
        " levelled AS (SELECT word, translate(word, $letters, $plain) AS key FROM (SELECT DISTINCT word FROM said) words),"
        f" sorted AS (SELECT word, key, {_KIND} AS kind FROM levelled),"
        f" run AS (SELECT seq, recent, ordinary, word, key, kind, {_FOLLOWING} FROM said JOIN sorted USING (word)"
        " WINDOW following AS (PARTITION BY seq ORDER BY place)),"
        f" phrase AS ({' UNION ALL '.join(map(_phrases_of, range(1, _WORDS + 1)))}),"
        " once AS (SELECT key, seq, recent, ordinary, min(shown) AS shown FROM phrase GROUP BY key, seq, recent, ordinary),"
        f" frequent AS (SELECT key, {_IN_PERIODS} FROM once GROUP BY key HAVING {count_if('recent')} >= $min_n)"
        " SELECT mode() WITHIN GROUP (ORDER BY o.shown), r.n, r.n_before,"
        " (array_agg(o.seq ORDER BY o.ordinary DESC, o.seq DESC) FILTER (WHERE o.recent))[1:$most]"
        " FROM frequent r JOIN once o ON o.key = r.key GROUP BY r.key, r.n, r.n_before"
        f" UNION ALL SELECT NULL, {_IN_PERIODS}, NULL FROM held"
    )


def _texts_that_pass(condition: Where) -> str:
    """SQL for (seq, recent, ordinary, words) of the tagged texts without a reason."""
    shortest, longest = TYPICAL_LENGTH
    words = f"regexp_split_to_array(trim(regexp_replace(lower(f.text), $breaks, ' {_BREAK} ', 'g')), '\\s+')"
    return (
        "SELECT f.seq, f.occurred_on >= $start AS recent,"
        f" length(f.text) BETWEEN {shortest} AND {longest} AS ordinary, {words} AS words"
        f" FROM feedback f JOIN tagging t ON t.seq = f.seq WHERE {condition.sql}"
        " AND NOT EXISTS (SELECT 1 FROM tag g WHERE g.seq = f.seq AND g.kind = 'reason')"
    )


def _phrases_of(words: int) -> str:
    """SQL for the phrases of so many words of `run`."""
    places = ("", *(f"_{place}" for place in range(2, words + 1)))
    kinds = [f"kind{place}" for place in places]
    allowed = [f"{kinds[0]} >= {_NUMBER}", f"{kinds[-1]} >= {_NUMBER}", *(f"{kind} >= {_FUNCTION}" for kind in kinds[1:-1])]
    return (
        f"SELECT seq, recent, ordinary, {' || '.join(f'key{place}' for place in places)} AS key,"
        f""" {" || ' ' || ".join(f"word{place}" for place in places)} AS shown FROM run"""
        f" WHERE {' AND '.join(allowed)} AND greatest({', '.join(kinds)}) = {_TELLING}"
    )


def _absorbed(phrases: Sequence[_Phrase]) -> Iterator[bool]:
    """Whether each phrase nearly always comes within a longer one."""
    within: dict[tuple[str, ...], int] = {}
    for each in phrases:
        for part in _parts_of(each.words):
            within[part] = max(within.get(part, 0), each.n)
    return (within.get(each.words, 0) >= ABSORBING_SHARE * each.n for each in phrases)


def _parts_of(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The shorter phrases within a phrase."""
    for length in range(1, len(words)):
        for start in range(len(words) - length + 1):
            yield words[start : start + length]
