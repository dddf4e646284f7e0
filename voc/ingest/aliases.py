"""The headers that are known, for each field in order of preference; spelling is compared by `header_key`.

Add a header by adding it to its line. A header that could mean two things («شماره تماس» is a telephone number as often as a
call's id) stays out: it becomes an attribute, and a mapping can still name it. So does «تاریخ پایان», which in surveys is the
end of the survey and not of a case.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from voc.ingest.letters import header_key

TextRole = Literal["title", "body", "more", "pros", "cons"]

TEXT: Final[dict[TextRole, str]] = {
    "title": """title; subject; headline; comment title; review title; عنوان; عنوان نظر; عنوان دیدگاه; عنوان پیام;
        موضوع; موضوع پیام; تیتر; عنوان بازخورد""",
    "body": """comment text; text; comment; review text; review; body; comment body; review body; feedback; feedback
        text; opinion; verbatim; customer comment; user comment; customer feedback; comments; reviews; open text; free
        text; free text answer; complaint; complaint text; ticket text; message text; review content; comment content;
        customer message; customer voice; voc; متن; متن نظر; نظر; متن دیدگاه; دیدگاه; متن کامنت; کامنت; نظر مشتری;
        نظرات مشتری; متن نظر مشتری; نظر کاربر; متن نظر کاربر; نظرات کاربران; نظرات; دیدگاه مشتری; دیدگاه کاربر; دیدگاه
        ها; متن بازخورد; بازخورد; بازخورد مشتری; متن شکایت; شرح شکایت; شکایت; متن پیام; پیام مشتری; متن تیکت; متن
        درخواست; شرح درخواست; شرح مشکل; متن انتقاد; انتقاد; انتقادات و پیشنهادات; انتقاد و پیشنهاد; نظرات و پیشنهادات;
        نظر و پیشنهاد; متن گفتگو; متن مکالمه; متن تماس; پاسخ تشریحی; پاسخ باز; صدای مشتری; متن تجربه; تجربه مشتری;
        نقد; متن نقد; utterance; utterance text; گفته; متن گفته""",
    "more": """delivery comment; additional comment; additional comments; other comments; extra comment; نظر درباره
        ارسال; نظر درباره پیک; نظر پیک; نظر ارسال; توضیحات تکمیلی; توضیح تکمیلی; سایر نظرات; نظر تکمیلی""",
    "pros": """advantages; pros; strengths; positives; positive points; positive aspects; نقاط قوت; نقطه قوت; نقاط
        مثبت; نکات مثبت; مزایا; مزیت ها; محاسن""",
    "cons": """disadvantages; cons; weaknesses; negatives; negative points; negative aspects; نقاط ضعف; نقطه ضعف; نقاط
        منفی; نکات منفی; معایب; عیب ها""",
}
WEAK_BODY: Final = """content; message; description; details; note; notes; remark; remarks; post; tweet; caption;
        answer text; محتوا; پیام; توضیحات; توضیح; شرح; شرح تماس; یادداشت; ملاحظات; متن توییت; توییت"""
"""Bodies only where no better one is there: beside one they are as often the company's own words."""

FIELDS: Final[dict[str, str]] = {
    "external_id": """id; شناسه; external id; comment id; review id; feedback id; ticket id; message id; case id; contact id;
        call id; conversation id; interaction id; response id; record id; uuid; guid; ticket number; case number;
        شناسه نظر; شناسه دیدگاه; شناسه کامنت; کد نظر; شناسه بازخورد; شناسه تیکت; شماره تیکت; کد تیکت; شناسه
        تماس; کد تماس; شناسه پیام; شناسه گفتگو; شناسه رکورد; شناسه یکتا; آی دی; کد رهگیری; کد پیگیری; شماره پیگیری;
        ردیف; row id; row""",
    "customer_id": """customer id; customer code; customer number; customer no; client id; client code; user id;
        member id; buyer id; subscriber id; account id; کد مشتری; شناسه مشتری; شماره مشتری; آی دی مشتری; شناسه کاربر;
        شناسه کاربری; کد کاربر; کد کاربری; آی دی کاربر; شماره مشترک; کد مشترک; شماره اشتراک; کد اشتراک; شماره عضویت;
        کد عضویت""",
    "agent_id": """agent id; agent code; agent; operator id; operator; employee id; staff id; handled by; assignee;
        agent name; operator name; کد کارشناس; شناسه کارشناس; کارشناس; نام کارشناس; کارشناس پاسخگو; کد اپراتور; شناسه
        اپراتور; اپراتور; نام اپراتور; کد پرسنلی; کد پرسنلی کارشناس; کد کارمند; پاسخگو; نام پاسخگو; کارشناس پشتیبانی""",
    "channel": """channel; contact channel; communication channel; channel name; source channel; channel type; کانال;
        کانال ارتباطی; کانال تماس; کانال ورودی; کانال دریافت; نوع کانال; نام کانال; راه ارتباطی; روش ارتباط; روش تماس;
        مسیر ارتباطی; بستر ارتباطی; medium; source; منبع; بستر""",
    "occurred_at": """occurred at; created at; created date; create date; creation date; creation time; created on;
        created time; created; submitted at; submit date; submission date; submitted on; posted at; post date;
        published at; received at; opened at; open date; started at; start time; call time; contact time; comment
        date; comment time; review date; review time; feedback date; contact date; call date; message date; ticket
        date; event time; date time; timestamp; date; at; تاریخ و ساعت; تاریخ و زمان; تاریخ ساعت; تاریخ ثبت; تاریخ ثبت
        نظر; تاریخ نظر; تاریخ دیدگاه; تاریخ ایجاد; زمان ثبت; زمان ثبت نظر; زمان ایجاد; تاریخ تماس; زمان تماس; تاریخ
        شروع تماس; زمان شروع; تاریخ شروع; تاریخ ارسال نظر; تاریخ درج; تاریخ انتشار; تاریخ پیام; تاریخ دریافت; تاریخ
        بازخورد; تاریخ شکایت; تاریخ درخواست; تاریخ تیکت; تاریخ گفتگو; تاریخ کامنت; تاریخ وقوع; زمان وقوع; تاریخ; تاریخ
        شمسی; تاریخ میلادی; زمان; time""",
    "first_response_at": """first response at; first reply at; first responded at; first answer at; first response
        time; first reply time; first response date; responded at; answered at; response date; زمان اولین پاسخ; تاریخ
        اولین پاسخ; زمان نخستین پاسخ; تاریخ و ساعت اولین پاسخ; زمان پاسخ اول; تاریخ پاسخ اول; تاریخ پاسخ; زمان پاسخ""",
    "resolved_at": """resolved at; solved at; closed at; resolution date; resolved date; resolved on; resolution time;
        closed date; close date; closed on; تاریخ حل; زمان حل; زمان حل مشکل; تاریخ حل مشکل; زمان رفع مشکل; تاریخ رفع مشکل;
        تاریخ بستن; زمان بستن; تاریخ بسته شدن; زمان بسته شدن; تاریخ رسیدگی; تاریخ پایان رسیدگی; تاریخ خاتمه""",
    "handle_s": """handle; handle time; handling time; average handle time; aht; call duration; talk time;
        conversation duration; duration; مدت مکالمه; مدت زمان مکالمه; زمان مکالمه; طول مکالمه; مدت تماس; مدت زمان
        تماس; طول تماس; زمان رسیدگی; مدت رسیدگی; مدت زمان رسیدگی; مدت گفتگو""",
    "wait_s": """wait; wait time; waiting time; waiting; queue time; time in queue; queue wait; مدت انتظار; زمان
        انتظار; مدت زمان انتظار; طول انتظار; زمان صف; زمان انتظار در صف; مدت انتظار در صف""",
    "abandoned": """abandoned; is abandoned; abandon; missed; missed call; is missed; call abandoned; تماس ناموفق;
        تماس رها شده; رها شده; تماس از دست رفته; تماس بی پاسخ; رهاشدگی; قطع پیش از پاسخ""",
    "transfers": """transfers; transfer count; number of transfers; num transfers; transfer; تعداد انتقال; دفعات
        انتقال; تعداد ارجاع; دفعات ارجاع; تعداد انتقال تماس""",
    "cost": """cost; contact cost; handling cost; service cost; cost per contact; هزینه; هزینه تماس; هزینه رسیدگی;
        هزینه پاسخگویی; هزینه خدمت""",
    "revenue": """revenue; sales revenue; sale amount; sales amount; درآمد; درآمد حاصل; مبلغ فروش; فروش حاصل""",
    "nps": """nps; nps score; net promoter score; likelihood to recommend; recommendation score; ان پی اس; امتیاز nps;
        نمره nps; شاخص خالص مروجان; امتیاز توصیه; احتمال توصیه; میزان توصیه; احتمال معرفی به دیگران; تمایل به توصیه""",
    "csat": """csat; csat score; امتیاز csat; نمره csat; سی ست""",
    "ces": """ces; ces score; customer effort score; امتیاز ces; نمره ces; شاخص تلاش مشتری; امتیاز تلاش مشتری""",
    "ves_1": """ves 1; ves q1; value enhancement 1; value enhancement score 1; ارزش افزایی 1; پرسش ارزش افزایی 1""",
    "ves_2": """ves 2; ves q2; value enhancement 2; value enhancement score 2; ارزش افزایی 2; پرسش ارزش افزایی 2""",
    "ees": """ees; employee experience; employee experience score; employee satisfaction; employee score; تجربه
        کارکنان; رضایت کارکنان; امتیاز تجربه کارکنان; رضایت کارمند; امتیاز رضایت کارکنان""",
    "referred": """referred; has referred; did refer; made referral; معرفی کرده; معرفی کرده است; ما را معرفی کرده;
        معرفی به دیگران; معرفی کرده اید; معرفی""",
    "referral_sold": """referral sold; referral bought; referral purchased; referral purchase; referral sale; خرید
        معرفی شده; خرید فرد معرفی شده; فرد معرفی شده خرید کرد; معرفی منجر به خرید; خرید معرفی شدگان""",
}
TURN_FIELDS: Final[dict[str, str]] = {
    "conversation_id": """conversation id; conversation; call id; interaction id; session id; chat id; thread id;
        dialog id; dialogue id;
        ticket id; case id; contact id; conversation number; call number; chat number; شناسه گفتگو; شماره گفتگو;
        کد گفتگو; شناسه مکالمه; شماره مکالمه; کد مکالمه; شماره تماس مکالمه; شناسه تماس; کد تماس; شناسه تیکت;
        شماره تیکت; کد تیکت; شناسه نشست; شناسه چت; شماره چت; شناسه پرونده; ticket number; case number""",
    "speaker": """role; speaker role; sender role; author role; participant role; sender type; author type; speaker type; نقش;
        نقش گوینده; نقش فرستنده; نوع فرستنده; نوع گوینده; speaker; speaker id; speaker name; speaker label; گوینده; نام گوینده;
        شناسه گوینده; sender; sender name; from; from name; author; author name; participant; فرستنده; نام فرستنده;
        فرستنده پیام; طرف گفتگو; direction; message direction; جهت پیام""",
    "turn_start": """turn start; start; begin; offset; start offset; شروع; شروع گفته; آغاز; ثانیه شروع; زمان شروع گفته""",
    "turn_end": """turn end; end; stop; end time; end offset; پایان; پایان گفته; ثانیه پایان; زمان پایان گفته""",
}
"""What the rows of a conversation have, where it has many, and its turns in a record. A role says more than a name."""
TURN_LISTS: Final = """turns; messages; utterances; segments; dialogue; dialog; conversation; transcript; گفتگو;
        مکالمه; پیام ها;
    نوبت ها; گفته ها"""
"""Names of the list of turns in a record."""
RATING: Final = """rating; rate; stars; star; star rating; score; review rating; review score; overall rating; user
        rating; customer rating; satisfaction; satisfaction score; satisfaction rating; customer satisfaction;
        customer satisfaction score; امتیاز; امتیاز کاربر; امتیاز مشتری; امتیاز نظر; امتیاز کلی; ستاره; تعداد ستاره;
        نمره; نمره مشتری; رضایت; میزان رضایت; رضایت مشتری; امتیاز رضایت; نمره رضایت; سطح رضایت; میزان رضایتمندی;
        رضایتمندی"""
"""Scores without a scale in their name: csat only where the values say 1 to 5."""
CLOCK: Final = "time; hour; clock; call hour; ساعت; ساعت تماس; ساعت ثبت; ساعت ثبت نظر; ساعت نظر; ساعت ایجاد; ساعت شروع; زمان"
"""Times of day that stand in a column beside that of the date."""
UNITS: Final = {
    "ms": "milliseconds; millisecond; ms; msec; میلی ثانیه; به میلی ثانیه",
    "s": "seconds; second; secs; sec; s; ثانیه; به ثانیه; بر حسب ثانیه",
    "min": "minutes; minute; mins; min; دقیقه; به دقیقه; بر حسب دقیقه",
    "h": "hours; hour; hrs; ساعت; به ساعت; بر حسب ساعت",
}
NOT_THE_CUSTOMER: Final = (
    "reply", "replies", "response", "answer", "admin", "پاسخ", "جواب", "seller", "فروشنده", "product", "کالا", "محصول",
    "name", "نام", "url", "link", "address", "آدرس", "نشانی", "لینک", "shop", "store", "فروشگاه", "email", "ایمیل",
    "agent", "کارشناس",
)  # fmt: skip
"""Words in the header of a column that holds sentences, but not the customer's."""


@dataclass(frozen=True, slots=True)
class Alias:
    """What a known header means. `rank` orders several headers of one field; `unit` is that of a duration, if named."""

    field: str
    rank: int
    role: TextRole = "body"
    weak: bool = False
    unit: str | None = None


def find_alias(header: str) -> Alias | None:
    """What `header` means, None where it is not known; a part in brackets may be left out, a unit may follow a duration.

    >>> find_alias("commentText").field, find_alias("مدت مکالمه (دقیقه)").unit, find_alias("نام شعبه")
    ('text', 'min', None)
    """
    whole = header_key(header)
    outside = header_key(header.split("(")[0].split("[")[0])
    known = _known()
    return known.get(whole) or _duration(whole) or known.get(outside)


def is_clock(header: str) -> bool:
    """Whether a header names a time of day."""
    return header_key(header) in _keys(CLOCK)


def conversation_rank(header: str) -> int | None:
    """How good a header is for the id of a conversation, 0 being the best; None where it names none."""
    keys, key = _keys(TURN_FIELDS["conversation_id"]), header_key(header)
    return keys.index(key) if key in keys else None


def is_list_of_turns(name: str) -> bool:
    """Whether a record calls its list of turns so."""
    return header_key(name[:200]) in _keys(TURN_LISTS)


def _duration(key: str) -> Alias | None:
    for unit, words in UNITS.items():
        for word in _keys(words):
            alias = _known().get(key.removesuffix(word)) if key.endswith(word) else None
            if alias and alias.field in ("handle_s", "wait_s", "turn_start", "turn_end"):
                return Alias(alias.field, alias.rank, unit=unit)
    return None


@cache
def _known() -> dict[str, Alias]:
    known: dict[str, Alias] = {}
    for role, names in TEXT.items():
        known |= {key: Alias("text", rank, role) for rank, key in enumerate(_keys(names))}
    known |= {key: Alias("text", 100 + rank, weak=True) for rank, key in enumerate(_keys(WEAK_BODY))}
    known |= {key: Alias("rating", rank) for rank, key in enumerate(_keys(RATING))}
    turn_fields = {field: names for field, names in TURN_FIELDS.items() if field != "conversation_id"}
    for field, names in {**turn_fields, **FIELDS}.items():
        known |= {key: Alias(field, rank) for rank, key in enumerate(_keys(names))}
    return known


@cache
def _keys(names: str) -> tuple[str, ...]:
    return tuple(header_key(name) for name in names.split(";"))
