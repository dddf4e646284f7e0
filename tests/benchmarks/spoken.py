"""Personal data said in words, as speech recognisers write it, and number words that name nobody.

Whoever says a number cuts it into groups of one to four digits, says «بعد» and «اِم» between them, doubles («دو تا صفر»);
the recogniser drops «و», joins it on, writes some groups in digits. Each case draws one such habit of each kind.
"""

from dataclasses import dataclass
from typing import Final

from tests.benchmarks import personal
from tests.benchmarks.personal import Random, cut, digits, passes_luhn
from voc.records import Speaker
from voc.text.number_rules import NumberKind

_UNITS: Final = ("صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه")
_TEENS: Final = ("ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده")
_TENS: Final = ("", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود")
_HUNDREDS: Final = ("", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد")
_SAID: Final = {
    "شش": "شیش", "چهار": "چار", "هفده": "هیفده", "هجده": "هیژده", "پانزده": "پونزده", "شانزده": "شونزده", "چهارده": "چارده",
    "پانصد": "پونصد", "ششصد": "شیشصد", "چهارصد": "چارصد", "پنجاه": "پنجا", "چهل": "چل", "دویست": "دیویست",
}  # fmt: skip
_FILLERS: Final = ("اِم", "خب", "بعد", "بعدش", "اممم", "ام", "یعنی", "بعدشم", "آره", "دیگه")
_PERSIAN: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Voice:
    """How one speaker says numbers and how one recogniser writes them down; shares run from 0 to 1."""

    and_: str  # between hundreds, tens and units
    gap: str  # between groups
    colloquial: float
    filler: float
    in_digits: float

    @classmethod
    def drawn(cls, chance: Random) -> "Voice":
        """A voice drawn by chance."""
        return cls(
            chance.choice([" و ", " و ", " و ", " و ", "و ", " ", "\u200cو\u200c", "ُ "]),
            chance.choice([" ", " ", " ", "، ", " ، ", ". ", " و ", " - ", "\n"]),
            chance.choice([0, 0, 0.5, 1]),
            chance.choice([0, 0, 0, 0.3]),
            chance.choice([0, 0, 0, 0.4]),
        )

    def say(self, chance: Random, groups: list[str]) -> str:
        """The groups of digits as one says them."""
        words = [said for group in groups for said in self._group(chance, group)]
        text = words[0]
        for word in words[1:]:
            text += self.gap.rstrip() + f" {chance.choice(_FILLERS)} " if chance.random() < self.filler else self.gap
            text += word
        return text

    def _group(self, chance: Random, group: str) -> list[str]:
        if chance.random() < self.in_digits:
            return [group.translate(_PERSIAN) if chance.random() < 0.6 else group]
        if len(set(group)) == 1 < len(group) < 5 and (group[0] == "0" or chance.random() < 0.3):
            times = chance.choice(["{} تا {}", "{}تا {}", "{}\u200cتا {}"]).format(_UNITS[len(group)], _UNITS[int(group[0])])
            return [times] if chance.random() < 0.5 else [_UNITS[int(group[0])]] * len(group)
        if group.startswith("0"):
            return [_UNITS[0], *self._group(chance, group[1:])] if len(group) > 1 else [_UNITS[0]]
        return [self._number(chance, int(group))]

    def _number(self, chance: Random, value: int) -> str:
        words = []
        if value >= 1000:
            words.append(f"{self._word(chance, _UNITS[value // 1000])} هزار")
            value %= 1000
        words += [self._word(chance, _HUNDREDS[value // 100])] if value >= 100 else []
        value %= 100
        if 10 <= value < 20:
            words.append(self._word(chance, _TEENS[value - 10]))
        else:
            words += [self._word(chance, _TENS[value // 10])] if value >= 20 else []
            words += [self._word(chance, _UNITS[value % 10])] if value % 10 else []
        return self.and_.join(words)

    def _word(self, chance: Random, word: str) -> str:
        return _SAID.get(word, word) if chance.random() < self.colloquial else word


def mobile(chance: Random) -> str:
    """A mobile number, mostly with its zero."""
    return Voice.drawn(chance).say(chance, mobile_groups(chance))


def mobile_groups(chance: Random) -> list[str]:
    """The groups in which a mobile number is said."""
    code = chance.choice(["901", "902", "910", "912", "913", "915", "917", "919", "921", "930", "933", "935", "937", "990"])
    rest = digits(chance, 7)
    number = code + rest
    return chance.choice([
        ["0", code, *cut(rest, [3, 2, 2])], ["0", code, *cut(rest, [3, 2, 2])], ["0", code, *cut(rest, [3, 4])],
        ["0", code, *cut(rest, [1, 2, 2, 2])], ["0", code, *cut(rest, [2, 2, 2, 1])], ["0", code, *cut(rest, [3, 3, 1])],
        ["0", *number], ["0", *number], ["98", code, *cut(rest, [3, 2, 2])], ["00", "98", code, *cut(rest, [3, 2, 2])],
        ["0", code, *rest], ["0", code[0], code[1:], *cut(rest, [3, 2, 2])],
    ])  # fmt: skip


def bare_mobile(chance: Random) -> str:
    """A mobile number without its zero."""
    code = chance.choice(["901", "912", "915", "919", "921", "935", "937", "990"])
    return Voice.drawn(chance).say(chance, [code, *cut(chance.choice("123456789") + digits(chance, 6), [3, 2, 2])])


def landline(chance: Random) -> str:
    """A landline with its area code."""
    area = chance.choice(["21", "26", "31", "41", "51", "71", "25", "34", "38", "44", "61", "76", "87"])
    number = chance.choice("2345678") + digits(chance, 7)
    groups = chance.choice([cut(number, [2, 2, 2, 2]), cut(number, [4, 4]), [*number], cut(number, [3, 3, 2])])
    return Voice.drawn(chance).say(chance, ["0", area, *groups])


def card(chance: Random) -> str:
    """A bank card that passes Luhn."""
    return Voice.drawn(chance).say(chance, card_groups(chance))


def card_groups(chance: Random) -> list[str]:
    """The groups in which a card is said."""
    number = personal_card(chance)
    return cut(number, chance.choice([[2] * 8, [2] * 8, [4] * 4, [1] * 16, [1] * 16, [3, 3, 3, 3, 4], [4, 2, 2, 4, 2, 2]]))


def personal_card(chance: Random) -> str:
    """The digits of a card of a bank in the country."""
    number = chance.choice(["603799", "589210", "627353", "610433", "621986", "622106", "502229", "585983"]) + digits(chance, 9)
    return number + next(check for check in "0123456789" if passes_luhn(number + check))


def iban(chance: Random) -> str:
    """An IBAN behind «آی آر»."""
    return chance.choice(["آی آر ", "ای آر ", "آی‌آر ", "IR "]) + bare_iban(chance)


def bare_iban(chance: Random) -> str:
    """An IBAN, for a sentence that says «شبا»."""
    number = personal.valid_iban(chance)
    return Voice.drawn(chance).say(chance, cut(number, chance.choice([[2] * 12, [1] * 24, [2] + [4] * 5 + [2], [3] * 8])))


def id_digits(chance: Random) -> str:
    """The digits of a national id."""
    number = chance.choice("0012345678") + chance.choice("012345678") + digits(chance, 7)
    rest = sum((10 - at) * int(digit) for at, digit in enumerate(number)) % 11
    return number + str(rest if rest < 2 else 11 - rest)


def national_id(chance: Random) -> str:
    """A national id, for a sentence that names it."""
    sizes = chance.choice([[1] * 10, [1] * 10, [3, 3, 4], [2] * 5, [3, 3, 3, 1], [1, 3, 3, 3], [3, 3, 2, 2]])
    return Voice.drawn(chance).say(chance, cut(id_digits(chance), sizes))


def bare_national_id(chance: Random) -> str:
    """A national id digit by digit."""
    return Voice.drawn(chance).say(chance, [*id_digits(chance)])


def postal_code(chance: Random) -> str:
    """A postal code, for a sentence that names it."""
    number = "".join(chance.choice("13456789") for _ in range(6)) + digits(chance, 4)
    return Voice.drawn(chance).say(
        chance, cut(number, chance.choice([[1] * 10, [2] * 5, [3, 2, 3, 2], [2, 3, 2, 3], [3, 3, 4]]))
    )


def plate(chance: Random) -> str:
    """A car's plate."""
    voice = Voice.drawn(chance)
    two, three, area = (voice.say(chance, [str(chance.randint(*span))]) for span in ((11, 99), (111, 999), (10, 99)))
    letter = chance.choice(["ب", "بِ", "جیم", "ج", "دال", "سین", "صاد", "ط", "قاف", "لام", "میم", "نون", "ه", "ی", "الف"])
    return chance.choice([f"{two} {letter} {three} ایران {area}", f"ایران {area} {two} {letter} {three}"])


def price(chance: Random) -> str:
    """One amount of money, or several."""
    voice = Voice.drawn(chance)
    amounts = [_amount(chance, voice) for _ in range(chance.choice([1, 1, 1, 2, 3, 4]))]
    return chance.choice(["، ", " و ", " "]).join(amounts) + chance.choice([" تومن", " تومان", " هزار تومن", "", " ریال"])


def _amount(chance: Random, voice: Voice) -> str:
    few, many = (voice.say(chance, [str(chance.randint(1, high))]) for high in (99, 999))
    return chance.choice([many, f"{many} و پنجاه", f"{few} هزار", f"{few} میلیون و {many} هزار", f"{few} و نیم"])


def time(chance: Random) -> str:
    """A time of day, a day or a year."""
    say = Voice.drawn(chance).say
    hour, other = say(chance, [str(chance.randint(1, 12))]), say(chance, [str(chance.randint(1, 12))])
    day = say(chance, [str(chance.randint(1, 31))])
    year = chance.choice([f"هزار و چهارصد و {chance.choice(_UNITS[1:])}", "هزار و سیصد و نود و نه", "نود و هشت", "چهارصد و دو"])
    month = chance.choice(["مهر", "آبان", "دی", "تیر"])
    return chance.choice([
        f"ساعت {hour} و نیم", f"ساعت {hour} تا {other}", f"{hour} و ربع", f"{day} {month} {year}", f"سال {year}",
        f"از {hour} صبح تا {other} شب", f"{day} {month} ساعت {hour} و بیست دقیقه", "سالای نود و هفت نود و هشت نود و نه چهارصد",
        "نود و هشت و نود و نه و هزار و چهارصد و هزار و چهارصد و یک",
    ])  # fmt: skip


def count(chance: Random) -> str:
    """Counts, sizes and scores."""
    say = Voice.drawn(chance).say
    one, two, three = (say(chance, [str(chance.randint(1, high))]) for high in (9, 30, 300))
    return chance.choice([
        f"{one} تا پیرهن و {two} تا جوراب", f"{two} روز و {one} ساعت", f"{three} نفر", f"سایز {two} و {one}", f"{one} از ده",
        f"{two} بار زنگ زدم {one} بار جواب دادن", f"{three} گرم", "دو سه تا، شایدم چهار پنج تا",
        f"{one} یا {two} یا {three} تا", f"نمره {two} از بیست", f"{three} در {three}", "از یک تا ده میدم دو", f"{two} درصد",
        "یک دو سه چهار پنج شش هفت هشت نه ده",
        "صدا زدم یک دو سه چهار پنج شش هفت", "شیش هفت هشت نه ده یازده دوازده", f"{one} ستاره نه {two} تا",
    ])  # fmt: skip


def order_number(chance: Random) -> str:
    """A number that is called an order, a parcel or a trace."""
    word = chance.choice(["شماره سفارش", "شماره سفارشم", "کد رهگیری", "کد پیگیریم", "شماره فاکتور", "کد مرسوله", "شماره تیکت"])
    number = chance.choice("145678") + digits(chance, chance.choice([4, 5, 6, 7, 8, 9, 9]))
    sizes = chance.choice([[1] * len(number), [2] * (len(number) // 2) + [1] * (len(number) % 2)])
    return f"{word} {chance.choice(['', 'هست ', 'میشه '])}{Voice.drawn(chance).say(chance, cut(number, sizes))}"


def address(chance: Random) -> str:
    """Numbers of an address, or what is dialled and names nobody."""
    say = Voice.drawn(chance).say
    one, two, three = (say(chance, [str(chance.randint(low, high))]) for low, high in ((1, 9), (10, 40), (100, 399)))
    return chance.choice([
        f"کوچه {two} پلاک {three} طبقه {one} واحد {two}", f"پلاک {three}", f"منطقه {two}", f"داخلی {three}",
        f"کد {three} {two}", "صد و هجده", "صفر بیست و یک هجده هجده", "صفر نهصد و دوازده", f"خط {one} مترو",
        f"رمز {two} {two}", f"خیابون {two} متری",
    ])  # fmt: skip


def number_that_is_none(chance: Random) -> str:
    """Cards and national ids whose check digit is wrong."""
    card, national = personal_card(chance), id_digits(chance)
    wrong = chance.choice([card[:-1] + str((int(card[-1]) + chance.randint(1, 9)) % 10), card[:12], f"7{national[1:-1]}"])
    return Voice.drawn(chance).say(chance, cut(wrong, [2] * (len(wrong) // 2) + [1] * (len(wrong) % 2)))


def split(chance: Random) -> tuple[NumberKind, list[tuple[Speaker, str, bool]]]:
    """A kind, and a conversation in which its number is said in parts: who says what, and whether that is a part of it."""
    asks: list[tuple[NumberKind, str, list[str]]] = [
        ("phone", "شماره تماستون رو میفرمایید؟", mobile_groups(chance)),
        ("card", "شماره کارتتون؟", card_groups(chance)),
        ("national_id", "کد ملیتون رو لطف کنید", cut(id_digits(chance), chance.choice([[3, 3, 4], [1] * 10, [2] * 5]))),
        ("postal_code", "کد پستی رو بفرمایید", cut("1" + digits(chance, 9).replace("0", "3"), [2] * 5)),
    ]
    kind, asked, groups = chance.choice(asks)
    parts = _parts(chance, groups)
    voice, other = Voice.drawn(chance), Voice.drawn(chance)
    said: list[tuple[Speaker, str, bool]] = [("agent", asked, False)]
    reads_back = chance.random() < 0.4
    for part in parts:
        said.append(("customer", voice.say(chance, part), True))
        if reads_back and sum(map(len, part)) > 1:
            said.append(("agent", other.say(chance, part), True))
        elif chance.random() < 0.7:
            said.append(
                ("agent", chance.choice(["بله", "خب", "بفرمایید", "بله بفرمایید", "نوشتم", "اوکی", "بله، ادامه بدید"]), False)
            )
    return kind, [*said, ("agent", "ممنون، ثبت شد", False)]


def split_harmlessly(chance: Random) -> list[tuple[Speaker, str, bool]]:
    """A conversation over prices, times and an order number that is said in parts."""
    number = chance.choice("145678") + digits(chance, chance.choice([5, 7, 8, 9]))
    voice = Voice.drawn(chance)
    said: list[tuple[Speaker, str, bool]] = [("agent", "شماره سفارشتون رو میفرمایید؟", False)]
    for part in _parts(chance, cut(number, [2] * (len(number) // 2) + [1] * (len(number) % 2))):
        said += [("customer", voice.say(chance, part), False), ("agent", chance.choice(["بله", "خب", "بفرمایید"]), False)]
    for make in (price, time, count, address):
        said += [("customer", make(chance), False), ("agent", chance.choice(["بله", make(chance)]), False)]
    return said


def _parts(chance: Random, groups: list[str]) -> list[list[str]]:
    """The groups in two to four parts."""
    ends = sorted(chance.sample(range(1, len(groups)), min(len(groups) - 1, chance.randint(1, 3))))
    return [groups[start:end] for start, end in zip([0, *ends], [*ends, len(groups)], strict=True)]
