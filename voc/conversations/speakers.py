"""Who is who: by what the source calls its speakers, and where that says nothing («SPEAKER_00», a name), by what they say.

The guess is a sum that anyone can follow: each phrase of `data/lexicons/speakers.toml` that a speaker says adds its log odds
of being the agent's (half a unit is hardly anything, two are seven to one), so do things that are spoken of as one's own or
the other's («سفارشم», «سفارشتون»), and the first to speak adds a little. The sides that fit all speakers best are taken, both
sides being there in all but few conversations. The weights are our own, set by hand on dialogues that we wrote
(tests/dialogues.py); on ten that were written afterwards it tells the sides of seven, all rightly, and leaves three unknown
(MIN_SURE was set with these in sight).

>>> tell_sides([("SPEAKER_00", "پشتیبانی بفرمایید، چه کمکی از من ساخته‌ست؟"), ("SPEAKER_01", "سفارشم نرسیده، پولمو پس بدید")])
Sides(of={'SPEAKER_00': 'agent', 'SPEAKER_01': 'customer'}, sure=0.99)
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Final, Literal

from voc.records import Speaker
from voc.text.letters import plain

Side = Speaker | Literal["system"]

MIN_SURE: Final = 0.8
"""Below it the sides stay unknown: of our 57 dialogues 48 were above it, and none of these was turned round."""
MOST_SURE: Final = 0.99  # the phrases of one speaker are no independent witnesses
MOST_UNKNOWN: Final = 6
"""More speakers without a known name are a crowd, no conversation with a company; their sides are 64 at most."""
READ_CHARS: Final = 20_000
"""Of each speaker; who says nothing that tells his side in ten minutes will not do so in the next ten."""

WHOSE: Final = 1.0  # one thing alone says little, but they come in numbers
MOST_THINGS: Final = 3  # who speaks of many things says no more than who speaks of some
ANSWERS: Final = 2.0  # a short first turn with the name of a trade: «رستوران باغ بهشت، سلام»
LONGEST_OPENING_WORDS: Final = 9
SPEAKS_FIRST: Final = 0.5  # an agent answers the telephone, but a customer writes the first message
BOTH_SIDES: Final = 4.0
"""Log odds that a conversation has both: one side alone (nobody answered, a note left) is about one in fifty."""
_NUMBERED: Final[tuple[tuple[re.Pattern[str], float], ...]] = (
    (re.compile(r"(?:\+|00)?(?:98|0)?9\d{9}"), -2.0),  # who calls from a mobile telephone
    (re.compile(r"[^@\s]+@(?:gmail|yahoo|hotmail|outlook|icloud|live|ymail)\..*"), -1.5),
)

HALF_SPACE: Final = "\u200c"
_TURN_MARK: Final = "\n"
_WORD: Final = re.compile(r"[^\W\d_]+")
_DOMAIN: Final = re.compile(r"@[\w.-]+")  # where an address is at says nothing of who writes
_MARKS: Final = re.compile(r"[^\w]+|_")
_PREFIX: Final = re.compile(r"\b(ن?می) (?=\w)")
_YOURS: Final = (re.compile(r"\b(\w{2,}?)(?:ها|ه)?(?:تون|(?<!س)تان)\b"), re.compile(r"\b(\w{2,}?)ی? شما\b"))


@dataclass(frozen=True, slots=True)
class Sides:
    """The side of each speaker, under what the source calls them; `sure` from 0 to 1, None where the names say it all."""

    of: Mapping[str, Side]
    sure: float | None


def tell_sides(said: Iterable[tuple[str, str]]) -> Sides | None:
    """The sides of those who say something, from (speaker, text) in order; an empty speaker is one without a name.

    None where the names do not tell and nothing is sure enough, as where all sound like customers or one is all alone, unless
    that is an e-mail that sounds like a customer's.
    """
    texts = _texts_of(said)
    known = {name: side for name in texts if (side := find_side(name))}
    unknown = [name for name in texts if name not in known]
    if not unknown:
        return Sides(known, None)
    people = [name for name in texts if known.get(name) != "system"]
    if len(people) == 1:
        return _alone(people[0], texts[people[0]], known)
    if len(unknown) > MOST_UNKNOWN:
        return None
    odds = [agent_log_odds(name, texts[name]) + (_speaks_first(texts[name]) if name == people[0] else 0.0) for name in unknown]
    guessed, sure = _likeliest(odds, set(known.values()))
    sides = {**known, **dict(zip(unknown, guessed, strict=True))}
    return Sides(sides, round(sure, 2)) if sure >= MIN_SURE and {"agent", "customer"} <= set(sides.values()) else None


def _alone(name: str, text: str, known: Mapping[str, Side]) -> Sides | None:
    """Who writes an e-mail that nobody has answered, if it is a customer; of a lone voice the other may only be left out."""
    sure = min(MOST_SURE, 1 / (1 + math.exp(agent_log_odds(name, text))))
    return Sides({**known, name: "customer"}, round(sure, 2)) if _DOMAIN.search(name) and sure >= MIN_SURE else None


def find_side(name: str) -> Side | None:
    """The side that a name or role says in so many words, None where it says none.

    >>> find_side("کارشناس ۲"), find_side("Customer (Ali)"), find_side("IVR"), find_side("SPEAKER_00")
    ('agent', 'customer', 'system', None)
    """
    words = _WORD.findall(plain(_DOMAIN.sub("", name[:200]).replace(HALF_SPACE, " ")))
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    return next((side for side, names in _lexicon().called.items() if not names.isdisjoint([*words, *pairs])), None)


def agent_log_odds(name: str, text: str) -> float:
    """Log odds that who is called `name` and says `text` is the agent; 0 where nothing tells."""
    number = plain(name[:200]).replace(" ", "")
    called = sum(weight for form, weight in _NUMBERED if form.fullmatch(number))
    words = _words(text)
    return called + sum(weight for phrase, weight in _lexicon().said if phrase in words) + WHOSE * _owners(words)


def _texts_of(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What each speaker says, as far as it is read, in order of their first words."""
    pieces: dict[str, list[str]] = {}
    for name, text in said:
        pieces.setdefault(name, []).append(text)
    return {name: _TURN_MARK.join(texts)[:READ_CHARS] for name, texts in pieces.items()}


def _owners(words: str) -> int:
    """How many things are spoken of as the other's, less those that are the company's or, twice as telling, one's own."""
    lexicon = _lexicon()
    yours = {thing for form in _YOURS for thing in form.findall(words)} - lexicon.nothing
    ours = {thing for thing in yours if not lexicon.its_own.isdisjoint((thing, f"{thing}ه"))}
    mine = set(lexicon.mine.findall(words))
    return min(MOST_THINGS, len(yours - ours)) - min(MOST_THINGS, len(ours)) - 2 * min(MOST_THINGS - 1, len(mine))


def _speaks_first(text: str) -> float:
    words = _words(text.split(_TURN_MARK)[0]).split()
    answers = len(words) <= LONGEST_OPENING_WORDS and not _lexicon().opens.isdisjoint(words)
    return SPEAKS_FIRST + (ANSWERS if answers else 0.0)


def _words(text: str) -> str:
    """The words of a text with a space before each, their marks taken away and «می رسد» written as one."""
    return " " + _PREFIX.sub(r"\1", _MARKS.sub(" ", plain(text[:READ_CHARS])))


def _likeliest(odds: Sequence[float], known: set[Side]) -> tuple[tuple[Speaker, ...], float]:
    """The sides with the highest probability under the log odds, and that probability."""
    weights: dict[tuple[Speaker, ...], float] = {}
    sides: tuple[Speaker, ...] = ("agent", "customer")
    for guess in product(sides, repeat=len(odds)):
        agents = sum(each for each, side in zip(odds, guess, strict=True) if side == "agent")
        both = {"agent", "customer"} <= {*guess, *known}
        weights[guess] = math.exp(agents + (BOTH_SIDES if both else 0.0))
    best = max(weights, key=lambda guess: weights[guess])
    return best, min(MOST_SURE, weights[best] / sum(weights.values()))


@dataclass(frozen=True, slots=True)
class _Lexicon:
    called: Mapping[Side, frozenset[str]]
    said: tuple[tuple[str, float], ...]
    its_own: frozenset[str]
    nothing: frozenset[str]
    opens: frozenset[str]
    mine: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    entries = tomllib.loads((files("data") / "lexicons" / "speakers.toml").read_text("utf-8"))
    sets = [{key: _split(words) for key, words in entries[name].items()} for name in ("called", "said", "things")]
    called, said, things = sets
    return _Lexicon(
        called={"system": called["system"], "agent": called["agent"], "customer": called["customer"]},
        said=tuple((f" {phrase}", float(weight)) for weight, phrases in said.items() for phrase in phrases),
        its_own=things["its_own"],
        nothing=things["nothing"],
        opens=things["opens"],
        mine=re.compile(rf"\b({'|'.join(sorted(things['mine']))})ه?(?: ?ا| ?ی)?(?:م|مو|مون|مونو|مم|می)\b"),
    )


def _split(words: str) -> frozenset[str]:
    return frozenset(map(plain, words.split(";")))
