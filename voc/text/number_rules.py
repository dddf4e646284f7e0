"""What a personal number is built like, and the words that name one; what is read in digits and in words keeps to these.

Sources: mod 97 for an IBAN (ISO 13616), Luhn for a card (ISO/IEC 7812), mod 11 for a national id, operator and area codes
for a phone. The words are parts of patterns: what may stand between a word and its number is for the reader to say.
"""

import re
from typing import Final, Literal

NumberKind = Literal["phone", "national_id", "card", "iban", "postal_code"]

FEWEST_DIGITS: Final = 8
MOST_DIGITS: Final = 24

# The first six digits of a card tell the issuing bank.
BANKS: Final = frozenset({
    "170019", "207177", "502229", "502806", "502908", "502910", "502937", "502938", "504172", "504706", "505416",
    "505785", "505801", "505809", "507677", "581874", "585947", "585983", "589210", "589463", "603769", "603770",
    "603799", "604932", "606256", "606373", "606737", "610433", "621986", "622106", "627353", "627381", "627412",
    "627488", "627648", "627760", "627884", "627961", "628023", "628157", "636214", "636795", "636797", "636949",
    "639194", "639217", "639346", "639347", "639370", "639599", "639607", "903769", "991975",
})  # fmt: skip
_AREA: Final = r"(?:1[137]|2[1345678]|3[1458]|4[145]|5[1468]|6[16]|7[1467]|8[13467])"
PREFIXED_PHONE: Final = re.compile(rf"(?:0{{0,2}}980?|0)(?:9[0-9]{{9}}|{_AREA}[2-9][0-9]{{7}})")
BARE_MOBILE: Final = re.compile(r"9(?:0[0-5]|1[0-9]|2[0-3]|3[0-9]|41|9[0-9])(?![0-9]0{6})[0-9]{7}")
LOCAL_PHONE: Final = re.compile(rf"(?:{_AREA})?[2-9][0-9]{{7}}")

NATIONAL_WORD: Final = r"(?:[کك]د|شماره|[کك]ارت|code|kode)[\s\u200c_-]?(?:مل[یيى]|mell?i)"
IBAN_WORD: Final = r"(?:شبا|sh[ae]ba|iban)"
POSTAL_WORD: Final = (
    r"(?:[کك]د[\s\u200c_-]?پست[یيى]|ko?de?[\s_-]?post[iy]|postal[\s_-]?code|zip[\s_-]?code|[کك]\.[\s]?پ(?![آ-ی]))"
)
POSTAL_WORD_AFTER: Final = r"[کك]د[\s\u200c]?پست[یيى]\u200c?(?:م|ت|ش|مون|تون|شون|ما)?ه(?![آ-ی])"
PHONE_WORD: Final = r"(?:تلفن|شماره[\s\u200c]تماس)"
ORDER_WORD: Final = (
    r"(?:سفارش|رهگیری|پیگیری|فا[کك]تور|مرسوله|سریال|بار[کك]د|ترا[کك]نش|ارجاع|پستی"
    r"|شماره[\s\u200c](?:تی[کك]ت|درخواست|رسید|حواله|قبض|بلی[طت]|رزرو))"
)
PRICE_AFTER: Final = re.compile(r"[\s\u200c]{0,3}(?:هزار|میل[یي]|توم[ان]|ر[یي]ال|درصد|دلار|[%٪$]|tom[ae]n|rial)", re.IGNORECASE)


def passes_mod_97(digits: str) -> bool:
    """Whether the digits behind «IR» are those of an IBAN."""
    return int(digits[2:] + "1827" + digits[:2]) % 97 == 1  # 1827 is IR, as ISO 13616 counts letters


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of a card."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


def passes_mod_11(digits: str) -> bool:
    """Whether the last of ten digits is the check digit of a national id."""
    if len(set(digits)) == 1:
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return int(digits[9]) == (remainder if remainder < 2 else 11 - remainder)
