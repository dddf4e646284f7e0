"""Personal data as people write it: each maker gives one piece, with valid check digits where its kind has any."""

import random
import string
from typing import Final

from tests.benchmarks.sentences import FIRST, LAST

Random = random.Random
ZWNJ: Final = "\u200c"
_DIGITS: Final = {"latin": string.digits, "persian": "۰۱۲۳۴۵۶۷۸۹", "arabic": "٠١٢٣٤٥٦٧٨٩", "wide": "０１２３４５６７８９"}


def mobile(chance: Random) -> str:
    """A mobile number, with every prefix and grouping in use."""
    code = chance.choice(["901", "902", "910", "912", "915", "917", "919", "921", "930", "933", "935", "937", "938", "990"])
    rest = digits(chance, 7)
    prefix = chance.choice(["0", "0", "0", "+98", "0098", "98", "+98 ", "+98-", "0098 ", "98 ", "+98 0", ""])
    groups = chance.choice([[7], [3, 4], [3, 2, 2], [4, 3], [1, 2, 2, 2]] if prefix != "" else [[7], [3, 4], [3, 2, 2]])
    number = _written(chance, [code, *cut(rest, groups)], chance.choice(_GAPS))
    if prefix == "0" and chance.random() < 0.1:
        return in_script(chance, f"(0{code}) {rest}")
    if prefix == "+98" and chance.random() < 0.3:  # right-to-left editors carry the plus to the other end
        return in_script(chance, "98" + number) + "+"
    return in_script(chance, prefix + number)


def landline(chance: Random) -> str:
    """A landline with its area code."""
    area = chance.choice(["21", "26", "31", "41", "51", "71", "25", "34", "38", "44", "54", "61", "66", "74", "76", "81", "87"])
    number = chance.choice("2345678") + digits(chance, 7)
    prefix = chance.choice(["0", "0", "0", "+98", "0098", "98", "+98 ", "0098-", "98 "])
    gap = chance.choice(["", "-", " ", " - ", ".", ZWNJ, "/"])
    groups = chance.choice([[8], [8], [4, 4], [2, 2, 2, 2], [3, 5]])
    local = gap.join(cut(number, groups))
    if prefix == "0" and chance.random() < 0.3:
        return in_script(chance, f"({prefix}{area}) {local}" if chance.random() < 0.6 else f"({prefix}{area}){local}")
    return in_script(chance, f"{prefix}{area}{chance.choice(['', '-', ' ', gap])}{local}")


def card(chance: Random) -> str:
    """A bank card that passes Luhn, of a bank in the country."""
    bank = chance.choice(["603799", "589210", "627353", "610433", "621986", "622106", "502229", "603769", "585983", "639346"])
    number = bank + digits(chance, 9)
    number += str(next(check for check in range(10) if passes_luhn(number + str(check))))
    gap = chance.choice(["", "", " ", "-", ".", " - ", "/", ZWNJ, "  ", "_"])
    return in_script(chance, gap.join(cut(number, chance.choice([[4, 4, 4, 4], [4, 4, 4, 4], [8, 8], [6, 10]]))))


def iban(chance: Random) -> str:
    """An IBAN with IR before it."""
    number = valid_iban(chance)
    gap = chance.choice(["", "", " ", "-", ZWNJ, "."])
    return chance.choice(["IR", "IR", "ir", "Ir", "IR ", "IR-"]) + in_script(chance, gap.join(cut(number, [2, *[4] * 5, 2])))


def bare_iban(chance: Random) -> str:
    """An IBAN as digits alone, for a sentence that says «شبا»."""
    return in_script(chance, chance.choice(["", "", " ", "-"]).join(cut(valid_iban(chance), [4] * 6)))


def national_id(chance: Random) -> str:
    """A national id that passes its check; not one that a mobile's ten digits could be."""
    number = chance.choice("012345678") + digits(chance, 8)
    rest = sum((10 - at) * int(digit) for at, digit in enumerate(number)) % 11
    number += str(rest if rest < 2 else 11 - rest)
    return in_script(chance, chance.choice(["", "", "", "-", " ", ZWNJ]).join(cut(number, [3, 6, 1])))


def named_national_id(chance: Random) -> str:
    """A national id in whatever grouping, for a sentence that names it."""
    number = national_id(chance).translate(str.maketrans("", "", "- \u200c\u202a\u202c"))
    return chance.choice([" ", "-", ".", ""]).join(cut(number, chance.choice([[10], [3, 3, 4], [3, 7], [5, 5]])))


def postal_code(chance: Random) -> str:
    """A postal code, for a sentence that names it: it has no check digit."""
    number = "".join(chance.choice("13456789") for _ in range(5)) + chance.choice("13456789") + digits(chance, 4)
    return in_script(chance, chance.choice(["", "", "-", " ", " - ", "_", ZWNJ]).join(cut(number, [5, 5])))


def plate(chance: Random) -> str:
    """A car's plate as people write it."""
    letter = chance.choice(
        ["ب", "ج", "د", "س", "ص", "ط", "ق", "ل", "م", "ن", "و", "ه", "هـ", "ی", "ي", "الف", "ت", "ع", "ژ", "D"]
    )
    two, three, area = (str(chance.randint(low, high)) for low, high in ((11, 99), (111, 999), (10, 99)))
    form = chance.choice([
        "{two} {letter} {three} ایران {area}", "{two}{letter}{three} ایران {area}", "{two}{letter}{three}-{area}",
        "ایران {area} - {two}{letter}{three}", "ایران {area} {two} {letter} {three}", "ایران{area} {two}{letter}{three}",
        "{two} {letter} {three} - ایران {area}", "{two}-{letter}-{three}-ایران-{area}", "{two} {letter} {three} / {area}",
        "ایران {area} | {two} {letter} {three}", "{two}{letter}{three}ایران{area}", "{two}{letter}{three} (ایران {area})",
        "{area} ایران {two} {letter} {three}", "{area}ایران{two}{letter}{three}", "{two} {letter} {three} ايران {area}",
    ])  # fmt: skip
    return in_script(chance, form.format(two=two, letter=letter, three=three, area=area))


def email(chance: Random) -> str:
    """An e-mail address, also loosely written."""
    name, host = chance.choice(_LOCALS) + chance.choice(["", "92", "_1370", ".98"]), chance.choice(_HOSTS)
    forms = ["{}@{}", "{}@{}", "{}@{}", "{}@{}", "{} @ {}"]
    written = chance.choice(forms).format(name, host)
    if chance.random() < 0.15:
        sign = chance.choice([" at ", "[at]", "(at)", " [at] ", " @", "@ "])
        written = f"{name}{sign}gmail{chance.choice(['.com', '.com', '', ' dot com', '[dot]com', ' . com'])}"
    return chance.choice([written, written, written.upper(), written.title()])


def link(chance: Random) -> str:
    """A link with or without its scheme."""
    scheme = chance.choice(["https://", "http://", "HTTPS://", "www.", "https://www.", ""])
    path = chance.choice(["", "", "/", "/p/12", "/a?b=1&c=2", "/x#y", "/product/dkp-123456/", "/fa/کالا", "/a_b-c"])
    return scheme + chance.choice(_HOSTS) + path


def social_link(chance: Random) -> str:
    """A link to a page or a channel."""
    host = chance.choice(
        ["t.me", "telegram.me", "instagram.com", "www.instagram.com", "wa.me", "eitaa.com", "rubika.ir", "ble.ir"]
    )
    return chance.choice(["", "https://", "http://"]) + host + "/" + _handle_name(chance)


def handle(chance: Random) -> str:
    """A name on a social network."""
    name = _handle_name(chance)
    return f"{name}@" if "_" in name and chance.random() < 0.1 else f"@{name}"  # right-to-left editors carry the sign over


_GAPS: Final = (
    "",
    "",
    "",
    "",
    " ",
    " ",
    "-",
    "-",
    ".",
    " - ",
    "/",
    ZWNJ,
    "_",
    "  ",
    "\u00a0",
    "\u2013",
    "ـ",
    " . ",
    "\u200f ",
    ",",
    "،",
)
_LOCALS: Final = ("ali.rezaei", "sara", "m_karimi", "reza-t", "info", "zahra.n", "mo3tafa", "a.b", "k1", "neda_f")
_HOSTS: Final = (
    "gmail.com", "yahoo.com", "example.com", "mail.example.ir", "chmail.ir", "outlook.com", "shop.example.co.ir", "example.org",
    "my-shop.ir", "example.net",
)  # fmt: skip
_HANDLES: Final = (
    "sara_k",
    "ali.rezaei",
    "reza92",
    "mina.shop",
    "poya_t",
    "ZahraM",
    "neda__f",
    "h.1370",
    "omid_77_",
    "some_page",
)


def _handle_name(chance: Random) -> str:
    return chance.choice(_HANDLES) + chance.choice(["", "", "1", "_ir", str(chance.randint(10, 9999))])


def valid_iban(chance: Random) -> str:
    account = "0" + chance.choice(["17", "12", "54", "62", "19", "56"]) + digits(chance, 19)
    return f"{98 - int(account + '182700') % 97:02}{account}"


def passes_luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def digits(chance: Random, count: int) -> str:
    return "".join(chance.choice(string.digits) for _ in range(count))


def cut(number: str, sizes: list[int]) -> list[str]:
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return [number[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _written(chance: Random, groups: list[str], gap: str) -> str:
    spread = all(len(group) == 1 for group in groups)
    return gap.join(groups) if gap or not spread else "".join(groups)


def in_script(chance: Random, text: str) -> str:
    """The digits of `text` in one script, or now and then in a mixture of them."""
    scripts = chance.choice([["persian"]] * 5 + [["latin"]] * 5 + [["arabic"]] * 2 + [["persian", "latin"], list(_DIGITS)])
    if chance.random() < 0.02:
        scripts = ["wide"]
    written = "".join(_DIGITS[chance.choice(scripts)][int(char)] if char in string.digits else char for char in text)
    return f"\u202a{written}\u202c" if chance.random() < 0.03 else written


def name(chance: Random, before: str) -> str:
    """A surname, a first name or both; alone, a first name stands only where people are on such terms."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    titled = any(title in before for title in ("آقای", "اقای", "خانم", "خانوم", "جناب"))
    return chance.choice([last, last, f"{first} {last}"] if titled else [f"{first} {last}", f"{first} {last}", first])
