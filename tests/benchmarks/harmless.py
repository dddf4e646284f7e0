"""Numbers and words that must not be masked: each maker gives one as people write it."""

from tests.benchmarks.personal import Random, cut, digits, in_script, passes_luhn, valid_iban


def price(chance: Random) -> str:
    """An amount of money."""
    amount = chance.choice([chance.randint(1, 999) * 10 ** chance.randint(3, 7), chance.randint(10_000, 9_999_999_999)])
    unit = chance.choice(["تومن", "تومان", "ریال", "تومنی", "هزار تومن", "میلیون تومان", "ت", "rial", "toman", "دلار"])
    if unit == "ت":
        amount = chance.randint(1, 99_999) * 1000
    written = chance.choice([f"{amount}", f"{amount:,}", f"{amount:,}".replace(",", "٬"), f"{amount:,}".replace(",", "،")])
    words = [
        "یک و نیم میلیون",
        "۱۲ میلیون و ۵۰۰ هزار تومن",
        "سیصد هزار تومان",
        "۲/۵ میلیون",
        "1.250.000 تومان",
        "12/500/000 ریال",
    ]
    return (
        chance.choice(words) if chance.random() < 0.2 else in_script(chance, f"{written}{chance.choice([' ', ' ', ''])}{unit}")
    )


def date(chance: Random) -> str:
    """A day, Jalali or Gregorian, with or without the time of day."""
    year = chance.choice([chance.randint(1395, 1405), chance.randint(2016, 2026)])
    month, day = chance.randint(1, 12), chance.randint(1, 29)
    gap = chance.choice(["/", "-", ".", "/", ""])
    parts = [f"{year}", f"{month:02}", f"{day:02}"]
    if gap and chance.random() < 0.3:
        parts.reverse()
    written = gap.join(parts)
    if chance.random() < 0.15:
        written = f"{day} {chance.choice(['فروردین', 'مهر', 'اسفند', 'May', 'ژانویه'])} {year}"
    return in_script(
        chance, written + chance.choice(["", "", f" {time(chance)}", f" ساعت {time(chance)}", f" - {time(chance)}"])
    )


def time(chance: Random) -> str:
    """A time of day, or a span of it."""
    hour, minute = chance.randint(0, 23), chance.randint(0, 59)
    return chance.choice(
        [f"{hour}:{minute:02}", f"{hour:02}:{minute:02}:{minute:02}", f"{hour}.{minute:02}", f"{hour} تا {hour + 2}"]
    )


def order_number(chance: Random) -> str:
    """A number that the sentence calls an order, a parcel, an invoice or the like."""
    word = chance.choice(
        [
            "سفارش",
            "شماره سفارش",
            "شماره سفارشم",
            "کد رهگیری",
            "کد پیگیری",
            "فاکتور",
            "شماره فاکتور",
            "مرسوله",
            "کد مرسوله",
            "شماره پیگیری",
            "بارکد",
            "شماره سریال",
            "سریال",
            "تراکنش",
            "شماره تیکت",
            "شماره درخواست",
        ]
    )
    number = chance.choice(["1", "4", "8", "9"]) + digits(chance, chance.choice([5, 6, 7, 8, 9, 9, 11, 15, 23]))
    prefix = chance.choice(["", "", "", "#", "DKP-", "AB", "ORD-"])
    return f"{word}{chance.choice([' ', ': ', ' من ', ''] if prefix == '' else [' '])}{in_script(chance, prefix + number)}"


def quantity(chance: Random) -> str:
    """A count, a size or a measure."""
    number = chance.choice([chance.randint(1, 99), chance.randint(100, 99_999), chance.randint(100_000, 99_999_999)])
    unit = chance.choice(
        ["تا", "عدد", "بسته", "کیلو", "گرم", "متر", "نفر", "بار", "دقیقه", "روز", "لیتر", "مگ", "GB", "سانت", "امتیاز"]
    )
    sizes = ["۴۲×۳۰", "120x200", "سایز ۳۸-۴۰", "XXL 44", "۲۰ در ۳۰", "۶ ۷ ۸ ۹ ۱۰ ۱۱ ۱۲", "۱۰۰۰ ۲۰۰۰ ۳۰۰۰"]
    return chance.choice(sizes) if chance.random() < 0.2 else in_script(chance, f"{number} {unit}")


def model(chance: Random) -> str:
    """A model or a version."""
    number = digits(chance, chance.choice([2, 3, 4, 6, 8, 10]))
    version = ".".join(str(chance.randint(0, 40)) for _ in range(chance.randint(2, 4)))
    return chance.choice(
        [
            f"A{number}",
            f"SM-G{number}B",
            f"مدل X{number}",
            f"RTX {number[:4]}",
            f"نسخه {version}",
            f"v{version}",
            f"ورژن {version}",
            f"iPhone {number[:2]}",
            f"DKP-{number}",
            f"اندروید {version}",
            f"ویندوز {number[:2]}",
        ]
    )


def share_or_score(chance: Random) -> str:
    """A percentage or a score."""
    number = chance.randint(0, 100)
    return in_script(
        chance,
        chance.choice(
            [
                f"{number}٪",
                f"{number}%",
                f"{number} درصد",
                f"{number} از ۱۰۰",
                f"{number}/100",
                f"{number % 10}/5",
                f"{number / 10:.1f} از ده",
                f"نمره {number % 21}",
                f"{number % 6} ستاره",
            ]
        ),
    )


def year(chance: Random) -> str:
    """A year or two."""
    first = chance.choice([chance.randint(1350, 1405), chance.randint(1990, 2026)])
    return in_script(
        chance, chance.choice([f"سال {first}", f"{first}", f"{first}-{first + 1}", f"{first} تا {first + 3}", f"متولد {first}"])
    )


def short_number(chance: Random) -> str:
    """What is dialled or typed and names nobody: short codes, USSD, extensions, half a number."""
    number = digits(chance, 4)
    return in_script(
        chance,
        chance.choice(
            [
                f"*780*{number[:1]}#",
                f"*{number[:3]}#",
                "118",
                "1818",
                "021-1818",
                f"داخلی {number}",
                "0912",
                "۰۹۱۲ من",
                "پیش شماره 021",
                f"3000{number}",
                f"1000{number[:3]}",
                f"021 {number}",
                f"خط {number}",
            ]
        ),
    )


def card_that_is_none(chance: Random) -> str:
    """Sixteen digits that fail Luhn, or fifteen."""
    number = chance.choice(["603799", "610433", "502229", "400000"]) + digits(chance, 9)
    number += str(next(check for check in range(10) if not passes_luhn(number + str(check))))
    return in_script(chance, chance.choice([number, " ".join(cut(number, [4, 4, 4, 4])), number[:15], number[:12]]))


def id_that_is_none(chance: Random) -> str:
    """Ten digits that fail the check of a national id, and are no mobile number."""
    number = chance.choice("1234567") + digits(chance, 8)
    rest = sum((10 - at) * int(digit) for at, digit in enumerate(number)) % 11
    return in_script(chance, number + str(((rest if rest < 2 else 11 - rest) + 1 + chance.randint(0, 8)) % 10))


def iban_that_is_none(chance: Random) -> str:
    """Twenty-four digits that fail mod 97."""
    number = valid_iban(chance)
    return "IR" + in_script(chance, f"{(int(number[:2]) + 1 + chance.randint(0, 90)) % 97:02}{number[2:]}")


def house(chance: Random) -> str:
    """A number in an address, or two that only look like a plate's."""
    number = chance.randint(1, 399)
    return in_script(
        chance,
        chance.choice(
            [
                f"پلاک {number}",
                f"پلاک {number} واحد {number % 20 + 1}",
                f"کوچه {number % 40 + 1}",
                f"طبقه {number % 9} واحد {number % 30}",
                f"{number % 89 + 10} و {number + 100}",
                f"منطقه {number % 22 + 1}",
                f"{number % 80 + 10} تا {number + 100} تا",
                f"ایران {number % 89 + 10}",
                f"{number % 80 + 11} م {number + 100}",
                f"سال {number % 9 + 90} د {number + 100} تا",
            ]
        ),
    )


def latin_words(chance: Random) -> str:
    """Latin words, dots and at signs that are no address."""
    return chance.choice(
        [
            "a@b",
            "ساعت ۵ @ خونه",
            "khoob bood.vali deer resid",
            "in app.man razi nistam",
            "بد.ir",
            "report.pdf",
            "12.5.ir",
            "www",
            "http://",
            "...",
            "ok.",
            "wifi.",
            "ali at home",
            "Galaxy S21",
            "N/A",
            "24/7",
            "p.s",
            "GB/s",
            "A.B",
            "node.js",
            "vs.",
            "بود@",
            "@",
            "@@",
            "@ ۵ تومن",
            "#وضعیت",
            "#order_1",
            "iOS.",
            "e.g",
            "۱۰@",
        ]
    )
