"""Who is who: by what the source calls its speakers, and where that says nothing («SPEAKER_00», a name), by what they say.

The guess is a sum that anyone can follow: each phrase below that a speaker says once or more adds its log odds of being the
agent's (half a unit is hardly anything, two are seven to one), the first to speak adds a little, and the sides that fit all
speakers best are taken, both sides being there in all but few conversations. Phrases and weights are our own, set by hand
on written dialogues; tests/test_speakers.py holds others and checks that the stated confidence is kept.

>>> tell_sides([("SPEAKER_00", "پشتیبانی بفرمایید، چه کمکی از من ساخته‌ست؟"), ("SPEAKER_01", "سفارشم نرسیده، پولمو پس بدید")])
Sides(of={'SPEAKER_00': 'agent', 'SPEAKER_01': 'customer'}, sure=0.99)
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Final, Literal

from voc.records import Speaker
from voc.text.letters import plain

Side = Speaker | Literal["system"]

MIN_SURE: Final = 0.9
"""Below it the sides stay unknown: one strong phrase, or two weak ones, and nothing against it."""
MOST_SURE: Final = 0.99  # the phrases of one speaker are no independent witnesses
MOST_UNKNOWN: Final = 6
"""More speakers without a known name are a crowd, no conversation with a company; their sides are 64 at most."""
READ_CHARS: Final = 20_000
"""Of each speaker; who says nothing that tells his side in ten minutes will not do so in the next ten."""

CALLED: Final[dict[Side, str]] = {
    "system": """system; bot; ivr; chatbot; robot; automated; automation; notification; سیستم; سامانه; ربات; بات; چت بات;
        گویا; تلفن گویا; پیام خودکار; پاسخگوی خودکار; خودکار""",
    "agent": """agent; operator; support; supporter; assistant; advisor; adviser; representative; rep; csr; staff; employee;
        expert; consultant; specialist; helpdesk; service; care; seller; shop; company; admin; info; sales;
        help; noreply; outbound; outgoing; خروجی; callcenter; supervisor; manager; سرپرست; کارشناس; کارشناسان;
        کارشناس پشتیبانی; اپراتور; پشتیبان; پشتیبانی; پاسخگو; پاسخ دهنده; ادمین; مشاور; فروشنده; فروشگاه; همکار;
        کارمند; متصدی; مسئول; نماینده; خدمات; شرکت; مرکز تماس; مدیر""",
    "customer": """customer; client; user; caller; guest; visitor; buyer; consumer; enduser; subscriber; member; patient;
        passenger; inbound; incoming; ورودی; مشتری; مشتریان; کاربر; خریدار; تماس گیرنده; مراجع; مراجعه کننده;
        بازدیدکننده; مهمان; مشترک; متقاضی; شاکی; بیمار; مسافر; سفارش دهنده""",
}
"""Words that name a side, the first side that is named counting: a «support bot» is one, a «customer care agent» an agent."""

SAID: Final[dict[float, str]] = {
    2.0: """چطور میتونم کمک; چطور میتوانم کمک; چه کمکی; کمکی از من; کمکی از دستم; در خدمتم; در خدمتتون; در خدمتتان;
        در خدمت شما; در خدمت هستم; در خدمتیم; خدمتتون عرض; خدمتتان عرض; خدمتتون هستم; امرتون; امرتان;
        امر بفرمایید; از تماس شما; از تماستون; از تماستان; با تشکر از تماس; از صبوری; از صبرتون; از شکیبایی;
        شکیبایی شما; از صبر شما; پوزش میطلب; عذرخواهی میکنیم; همکاران ما; همکارانم; همکارام; همکارای ما;
        براتون ثبت; برای شما ثبت; براتون پیگیری; براتون چک; براتون بررسی; براتون ارسال; براتون میفرست;
        براتون ارجاع; خدمتتون ارسال; خدمتتون میفرست; شماره سفارشتون; شماره سفارشتان; شماره سفارش رو لطف;
        شماره سفارش را لطف; شماره سفارش رو بفرما; شماره سفارش رو میفرما; شماره سفارش رو اعلام; سفارشتون;
        سفارشتان; سفارش شما; شماره تماستون; شماره تماستان; شماره موبایلتون; شماره همراهتون; کد ملیتون;
        کد ملی رو بفرما; کد ملی رو لطف; اسم شریفتون; نام شریف; نام و نام خانوادگیتون; نام و نام خانوادگی رو;
        حسابتون; حساب شما; درخواستتون; درخواست شما; مشکلتون; مشکلتان; مشکل شما; پرونده شما; پروندتون; مرسولتون;
        مرسوله شما; بستتون; بسته شما; پشت خط بمون; پشت خط بمان; پشت خط باش; چند لحظه منتظر; لحظه منتظر بمون;
        لطفا منتظر بمان; منتظر بمونید; پشتیبانی بفرما; هستم بفرما; سوال دیگه ای; سوال دیگری; کمک دیگه ای;
        کمک دیگری; مورد دیگه ای; امر دیگه ای; امر دیگری; حق با شما; وصلتون میکنم; وصلتون کنم; ارجاع میدم;
        ارجاع دادم; روز خوبی داشته; روز خوشی داشته; وقت خوبی داشته; خوش امدید; خوش اومدید; به کارشناس مربوط;
        لطف کنید شماره; لطف میکنید شماره; در نظرسنجی; اکانتتون; اکانت شما; تیکتتون; گوشیتون; دستگاهتون; مودمتون;
        خطتون; اشتراکتون; کارتتون; رزروتون; رزرو شما; بلیتتون; بلیطتون; how can i help; how may i help;
        how can i assist; how may i assist; thank you for calling; thanks for calling; thank you for contacting;
        thanks for contacting; may i have your; can i have your; could i have your; your order; your account;
        your request; your ticket; i apologize; we apologize; anything else i can; is there anything else;
        let me check; bear with me; i ll check that; we appreciate your""",
    1.0: """عذرخواهی میکنم; عذر میخوام بابت; متاسفم بابت; متاسفم که; شرمنده بابت; بفرمایید; بفرمایین; جناب; سرکار خانم;
        خانم محترم; خدمتتون; همکاران; پیگیری میکنم; پیگیری میکنیم; بررسی میکنم; بررسی میکنیم; بررسی کنم;
        چک میکنم; ثبت کردم براتون; ثبت شد; ساعت کاری; روز کاری; واحد مربوط; واحد فنی; واحد مالی; وارد بخش;
        از منوی; روی گزینه; انتخاب کنید; کلیک کنید; اجازه بدید; اجازه بدین; اجازه بفرما; لطف کنید; میتونید از;
        میتونین از; متوجهم; متوجه هستم; درک میکنم; کاملا درک; حتما پیگیر; میفرمایید; فرمودید; فرمودین; استعلام;
        گرامی; our team; i understand; please hold; my colleague""",
    0.5: """هستم; شما; اطلاع میدم; خواهش میکنم; ایمیلتون; ادرستون; your; sorry about that""",
    -0.5: """نرسیده; نیومده; مرسی; ممنون میشم; باشه; چرا; الان چی; i m; please""",
    -1.0: """میخواستم; میخوام; میخام; تماس گرفتم; چند بار; چندبار; چندمین بار; دفعه چندم; چند روزه; دو روزه; سه روزه;
        یه هفته; یک هفته; خرابه; خراب شده; خراب شد; کار نمیکنه; کار نمیکند; قطع شده; قطعه; باز نمیشه; نمیتونم;
        نمیشه; خسته نباشید; دستتون درد نکنه; دست شما درد نکنه; لطفا پیگیری; پیگیری کنید; پیگیری کنین; یعنی چی;
        واقعا که; چیکار کنم; چکار کنم; چه کار کنم; سوال داشتم; سوالم; مشکل دارم; مشکل داشتم; پشتیبانیتون;
        سایتتون; اپتون; شماها; شرکتتون; i want; i need; not working; doesn t work; i tried; i called""",
    -2.0: """سفارشم; سفارش من; بستم نرسید; بسته ام; بستهام; بسته من; مرسولم; حسابم; حساب من; گوشیم; گوشی من; کارتم; پولم;
        پول من; پولمو; پول منو; پولم رو; مودمم; خطم; بیمم; بلیطم; بلیتم; رزروم; اکانتم; زنگ زدم; زنگ میزنم;
        پیام دادم; تیکت زدم; خریدم; خریده بودم; خرید کردم; سفارش دادم; سفارش داده بودم; سفارش داده ام;
        پرداخت کردم; واریز کردم; ثبت نام کردم; رزرو کردم; برام نیومد; برام نیومده; برام نمیاد; برام ارسال;
        دستم نرسید; جواب نمیدید; جواب نمیدین; جواب نمیدن; جواب ندادید; جواب نمیده; خسته شدم; شکایت دارم;
        شکایت میکنم; ازتون شکایت; افتضاح; مسخره; کلاهبردار; اعصابم; پس بدید; پس بدین; پسش بدید; برگردونید;
        برگردونین; مرجوع کنم; راهنماییم; کمکم کنید; کمکم کنین; معطلم; منتظرم; از شما خرید; ازتون خرید;
        ازتون خرید کردم; my order; my account; my money; my package; my phone; i ordered; i bought; i paid;
        i want a refund; i want my; hasn t arrived; i ve been waiting; never arrived""",
}
"""Phrases by what one of them adds to the log odds that an agent says it, spelled as `plain` spells and without marks. They
begin at the beginning of a word and may go on («سفارشم» is found in «سفارشمو»)."""
SPEAKS_FIRST: Final = 0.5  # an agent answers the telephone, but a customer writes the first message
BOTH_SIDES: Final = 4.0
"""Log odds that a conversation has both: one side alone (nobody answered, a note left) is about one in fifty."""
_NUMBERED: Final[tuple[tuple[re.Pattern[str], float], ...]] = (
    (re.compile(r"(?:\+|00)?(?:98|0)?9\d{9}"), -2.0),  # who calls from a mobile telephone
    (re.compile(r"[^@\s]+@(?:gmail|yahoo|hotmail|outlook|icloud|live|ymail)\..*"), -1.5),
)

_WORD: Final = re.compile(r"[^\W\d_]+")
_MARKS: Final = re.compile(r"[^\w]+|_")
_PREFIX: Final = re.compile(r"\b(ن?می) (?=\w)")


@dataclass(frozen=True, slots=True)
class Sides:
    """The side of each speaker, under what the source calls them; `sure` from 0 to 1, None where the names say it all."""

    of: Mapping[str, Side]
    sure: float | None


def tell_sides(said: Iterable[tuple[str, str]]) -> Sides | None:
    """The sides of those who say something, from (speaker, text) in order; an empty speaker is one without a name.

    None where the names do not tell and nothing is sure enough, as where one without a name is all alone.
    """
    texts = _texts_of(said)
    known = {name: side for name in texts if (side := find_side(name))}
    unknown = [name for name in texts if name not in known]
    if not unknown:
        return Sides(known, None)
    people = [name for name in texts if known.get(name) != "system"]
    if len(people) == 1 or len(unknown) > MOST_UNKNOWN:
        return None
    first = people[0]
    odds = [agent_log_odds(name, texts[name]) + (SPEAKS_FIRST if name == first else 0.0) for name in unknown]
    guessed, sure = _likeliest(odds, set(known.values()))
    return Sides({**known, **dict(zip(unknown, guessed, strict=True))}, round(sure, 2)) if sure >= MIN_SURE else None


def find_side(name: str) -> Side | None:
    """The side that a name or role says in so many words, None where it says none.

    >>> find_side("کارشناس ۲"), find_side("Customer (Ali)"), find_side("IVR"), find_side("SPEAKER_00")
    ('agent', 'customer', 'system', None)
    """
    words = _WORD.findall(plain(name[:200]))
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    return next((side for side, names in _called().items() if not names.isdisjoint([*words, *pairs])), None)


def agent_log_odds(name: str, text: str) -> float:
    """Log odds that who is called `name` and says `text` is the agent; 0 where nothing tells."""
    number = plain(name).replace(" ", "")
    called = sum(weight for form, weight in _NUMBERED if form.fullmatch(number))
    words = " " + _PREFIX.sub(r"\1", _MARKS.sub(" ", plain(text[:READ_CHARS])))
    return called + sum(weight for phrase, weight in _said() if phrase in words)


def _texts_of(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What each speaker says, as far as it is read, in order of their first words."""
    pieces: dict[str, list[str]] = {}
    for name, text in said:
        pieces.setdefault(name, []).append(text)
    return {name: " . ".join(texts)[:READ_CHARS] for name, texts in pieces.items()}


def _likeliest(odds: Sequence[float], known: set[Side]) -> tuple[tuple[Speaker, ...], float]:
    """The sides with the highest probability under the log odds, and that probability."""
    weights: dict[tuple[Speaker, ...], float] = {}
    sides: tuple[Speaker, ...] = ("agent", "customer")
    for guess in product(sides, repeat=len(odds)):
        agents = sum(each for each, side in zip(odds, guess, strict=True) if side == "agent")
        both = {"agent", "customer"} <= {*guess, *known}
        weights[guess] = math.exp(min(500.0, agents + (BOTH_SIDES if both else 0.0)))
    best = max(weights, key=lambda guess: weights[guess])
    return best, min(MOST_SURE, weights[best] / sum(weights.values()))


@cache
def _called() -> dict[Side, frozenset[str]]:
    return {side: frozenset(plain(name) for name in names.split(";")) for side, names in CALLED.items()}


@cache
def _said() -> tuple[tuple[str, float], ...]:
    return tuple((f" {plain(phrase)}", weight) for weight, phrases in SAID.items() for phrase in phrases.split(";"))
