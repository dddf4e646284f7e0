"""Words for what the code knows by slug: fields, problems, and why a row was refused or a figure is missing.

They stand here in Persian, their English in `api/words`. Codes of the taxonomy and KPIs bring both along. A slug without a
title here is shown as it is: never hidden.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from api.tongue import SPOKEN, say
from voc.kpis import Kpi
from voc.kpis.relation import EES_TO_5, EES_TO_10, TIMED_TURNS
from voc.store.filters import NO_REASON
from voc.taxonomy import load_taxonomy

FIELDS: Final[Mapping[str, str]] = {
    "text": "متن نظر",
    "external_id": "شناسه",
    "customer_id": "مشتری",
    "agent_id": "کارشناس",
    "channel": "کانال",
    "occurred_at": "تاریخ",
    "first_response_at": "زمان نخستین پاسخ",
    "resolved_at": "زمان حل",
    "handle_s": "مدت رسیدگی",
    "wait_s": "مدت انتظار",
    "abandoned": "رهاشده",
    "transfers": "انتقال‌ها",
    "cost": "هزینه",
    "revenue": "درآمد",
    "nps": "NPS",
    "csat": "CSAT",
    "ces": "CES",
    "ves_1": "VES ۱",
    "ves_2": "VES ۲",
    "ees": "رضایت کارمند",
    "referred": "معرفی کرده",
    "referral_sold": "معرفی به خرید رسیده",
    "turns": "گفت‌وگو",
    "speaker": "گوینده",
    "turn_start": "آغاز گفته",
    "turn_end": "پایان گفته",
}
POLARITIES: Final[Mapping[str, str]] = {"negative": "گله", "neutral": "خنثی", "positive": "ستایش"}
FILTERS: Final[Mapping[str, str]] = {
    "channel": "کانال",
    "agent": "کارشناس",
    "kind": "نوع",
    "sentiment": "احساس",
    "reason": "دلیل",
    "effort": "زحمت",
    "loyalty": "وفاداری",
    "resolution": "نتیجه",
    "corrected": "اصلاح آدم‌ها",
}
CORRECTED: Final[Mapping[str, str]] = {"true": "اصلاح‌شده", "false": "اصلاح‌نشده"}
QUEUES: Final[Mapping[str, str]] = {
    "uncertain": "نامطمئن‌ها",
    "disagrees": "ناهم‌خوان با امتیاز",
    "spike": "جهش‌ها",
    "random": "نمونهٔ تصادفی",
}
QUEUE_PURPOSES: Final[Mapping[str, str]] = {
    "uncertain": "نظرهایی که مدل در آن‌ها از همه نامطمئن‌تر بوده است؛ هر اصلاح اینجا بیش از هر جا به او می‌آموزد.",
    "disagrees": "نظرهایی که امتیازِ مشتری خلافِ چیزی را می‌گوید که از متنش خوانده شده است؛ کنایه‌ها اغلب اینجایند.",
    "spike": "نظرهای دلیل‌هایی که این هفته ناگهان بیشتر شده‌اند؛ ببینید همانی‌اند که به نظر می‌رسد.",
    "random": "نظرهایی به قید قرعه، هر هفته قرعه‌ای تازه؛ تنها با همین‌ها می‌شود سنجید که مدل چه اندازه درست می‌خواند.",
}
SOURCES: Final[Mapping[str, str]] = {"person": "آدم‌ها", "import": "از فایل"}
CHANNELS: Final[Mapping[str, str]] = {"self_service": "سلف‌سرویس"}
TRUTHS: Final[Mapping[str, str]] = {"true": "بله", "false": "نه"}
KINDS: Final[Mapping[str, str]] = {"feedback": "نظر", "conversation": "گفت‌وگو"}
OTHER_CODES: Final[Mapping[str, str]] = {**KINDS, NO_REASON: "بدون دلیل تماس"}
SPEAKERS: Final[Mapping[str, str]] = {"customer": "مشتری", "agent": "کارشناس"}
MOVE_GROUPS: Final[Mapping[str, str]] = {"value_enhancement": "ارزش‌افزایی", "recovery": "دلجویی", "courtesy": "ادب"}
EFFORT_LEVELS: Final[Mapping[str, str]] = {"high": "پرزحمت", "low": "بی‌دردسر", "none": "بی‌نشانه"}
NOT_READ_YET: Final = "نظرها دارند خوانده می‌شوند"
NULL_REASONS: Final[Mapping[str, str]] = {
    "no_rows": "چیزی برای شمردن نیست",
    "field_missing": "ستونش در فایل‌ها نیست",
    "below_min_n": "شمار نظرها کم است",
    "window_open": "زمانش هنوز نگذشته است",
}
PROBLEMS: Final[Mapping[str, str]] = {
    "not_found": "چنین چیزی اینجا نیست",
    "too_large": "بزرگ‌تر از اندازهٔ پذیرفتنی است",
    "invalid_input": "پذیرفته نشد",
    "unknown_parameter": "چنین نشانه‌ای نیست",
    "bad_mapping": "نگاشت ستون‌ها درست نیست",
    "no_text_column": "ستون متن نظر پیدا نشد",
    "no_records": "رکوردی در آن نیست",
    "empty_file": "فایل خالی است",
    "damaged_file": "فایل خراب است",
    "password": "فایل رمز دارد",
    "unknown_format": "این نوع فایل شناخته نشد",
    "unknown_encoding": "کدبندی حروف شناخته نشد",
    "unknown_host": "این نشانی پذیرفته نیست",
    "cross_site": "درخواست از سایت دیگری آمده است",
    "no_key": "برای این کار باید وارد شوید",
    "bad_key": "این کلید شناخته نشد",
    "scope_too_small": "این کلید اجازهٔ این کار را ندارد",
    "too_many_calls": "درخواست‌ها زیاد است؛ کمی صبر کنید",
    "too_many_uploads": "هم‌زمان فایل‌های زیادی می‌رسد؛ کمی صبر کنید",
    "unsupported_media_type": "این نوع محتوا پذیرفته نیست",
    "conflict": "با درخواست پیشین نمی‌خواند",
    "not_tagged_yet": "هنوز خوانده نشده است و چیزی برای اصلاح ندارد",
    "count_differs": "شمار نظرها دیگر همان نیست و هیچ‌کدام اصلاح نشد؛ فهرست را تازه کنید و دوباره ببینید",
    "too_many_records": "برای یک‌بار زیاد است و هیچ‌کدام اصلاح نشد؛ با فیلترها کمترش کنید",
    "store_unavailable": "پایگاه داده پاسخ نمی‌دهد",
    "method_not_allowed": "این کار اینجا شدنی نیست",
    "disk_full": "روی دیسک سرویس جا نیست و چیزی نگه داشته نشد",
    "too_slow": "خیلی کند رسید؛ دوباره بفرستید",
    "too_many_columns": "ستون‌هایش بیش از اندازه است",
    "too_many_rows": "سطرهایش بیش از اندازه است",
    "gone": "دیگر اینجا نیست",
    "cursor_gone": "این نشانه دیگر به کار نمی‌آید؛ از آغاز بخوانید",
    "invalid_model": "مدل خوانده نمی‌شود",
    "cluster_unavailable": "خوشهٔ پردازش پاسخ نمی‌دهد",
    "not_ready": "سرویس هنوز آماده نیست",
    "internal": "اشکالی در کار ما پیش آمد",
}
ROW_CODES: Final[Mapping[str, str]] = {
    "empty_text": "متن ندارد",
    "text_too_long": "متن بیش از اندازه بلند است",
    "bad_date": "تاریخ خوانده نشد",
    "ambiguous_date": "تاریخ دو جور خوانده می‌شود",
    "two_digit_year": "سال دو رقمی است",
    "bad_number": "عدد خوانده نشد",
    "ambiguous_number": "عدد دو جور خوانده می‌شود",
    "out_of_range": "عدد بیرون از مقیاس است",
    "mixed_currency": "واحد پول یکسان نیست",
    "bad_duration": "مدت خوانده نشد",
    "bad_boolean": "بله یا خیر خوانده نشد",
    "bad_id": "شناسه پذیرفتنی نیست",
    "malformed_row": "سطر به‌هم‌ریخته است",
    "row_too_long": "سطر بیش از اندازه بلند است",
    "broken_json": "سطر JSON درست نیست",
    "not_an_object": "هر رکورد باید یک شیء JSON باشد",
    "no_header": "سطر سرستون نداشت",
    "rows_above_header": "سطرهای بالای سرستون کنار گذاشته شد",
    "bad_time": "ساعت یا زمان گفته خوانده نشد",
    "unknown_speakers": "معلوم نیست مشتری کدام گوینده است",
    "no_customer_turn": "مشتری در این گفت‌وگو چیزی نگفته است",
    "too_many_turns": "گفت‌وگو بیش از اندازه دراز است",
    "no_conversation_id": "شناسهٔ گفت‌وگو ندارد",
    "text_beside_turns": "متنِ کنار گفت‌وگو کنار گذاشته شد",
    "system_lines": "گفته‌های سامانه و ربات کنار گذاشته شد",
    "broken_encoding": "حروف سطر خراب است",
    "blank_rows": "سطرهای خالی کنار گذاشته شد",
    "not_rated": "امتیازِ صفر یعنی بی‌امتیاز",
    "out_of_scale": "امتیازهای بیرون از مقیاس به کار نرفت",
    "attribute_cut": "ویژگی‌های بلند کوتاه شد",
    "removed_characters": "نویسه‌های نادیدنی برداشته شد",
    "no_rows": "زیر سرستون سطری نیست",
    "format_by_content": "نوع فایل از محتوایش شناخته شد",
    "other_sheets": "برگه‌های دیگر خوانده نشد",
    "set_aside": "این سطرها را نشد خواند و کنار گذاشته شدند",
}
_READ: Final = "نظرِ خوانده‌شده"
NEEDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("sentiment", "resolution", "effort", "loyalty", "reasons"), _READ),
    **dict.fromkeys(("sentiment_start", "moves"), "گفت‌وگوی خوانده‌شده"),
    TIMED_TURNS: "گفت‌وگو با زمانِ هر گفته",
    EES_TO_5: "رضایت کارمند از ۱ تا ۵ (VOC_EES_SCALE)",
    EES_TO_10: "رضایت کارمند از ۰ تا ۱۰ (VOC_EES_SCALE)",
    "from": "آغاز دوره",
    "to": "پایان دوره",
}
KPI_UNITS: Final[Mapping[str, str]] = {
    "scale_1_5": "از ۵",
    "scale_1_7": "از ۷",
    "seconds": "ثانیه",
}


def field_title(field: str) -> str:
    """What one of our fields is called."""
    return say(FIELDS.get(field, field))


def need_title(name: str) -> str:
    """What a KPI needs: a field, or what the tagger finds."""
    return say(NEEDS.get(name) or field_title(name))


def list_needs(names: Iterable[str]) -> str:
    """What a KPI needs, each once."""
    return say("، ").join(dict.fromkeys(map(need_title, names)))


def row_title(code: str) -> str:
    """Why a row was refused, or what is good to know about a file."""
    return say(ROW_CODES.get(code, code))


def problem_title(code: str, status: int = HTTPStatus.BAD_REQUEST) -> str:
    """The heading of a problem's page; one without a title of its own is what was asked for, or is ours."""
    return say(PROBLEMS.get(code, PROBLEMS["internal" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_input"]))


def null_title(reason: str | None) -> str:
    """Why a figure is missing."""
    return say(NULL_REASONS.get(reason or "", reason or ""))


def unit_title(unit: str) -> str:
    """What stands after a KPI's value, empty where its form says it."""
    return say(KPI_UNITS[unit]) if unit in KPI_UNITS else ""


def channel_title(channel: str) -> str:
    """The title of a channel that has a slug of ours; others are called what their source calls them."""
    return say(CHANNELS[channel]) if channel in CHANNELS else channel


def written_value(value: object) -> str:
    """A value as filters and the database write it: true and false as JSON has them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_title(value: object) -> str:
    """What a value is called: a truth value by a word, others as their source has them."""
    written = written_value(value)
    return say(TRUTHS[written]) if written in TRUTHS else written


def code_title(code: str) -> str:
    """What a code or a group of the taxonomy is called, a kind of row, or that there is no reason."""
    titles = load_taxonomy().titles_fa if SPOKEN.get() == "fa" else load_taxonomy().titles_en
    return titles.get(code) or say(OTHER_CODES.get(code, code))


def kpi_title(kpi: Kpi) -> str:
    """What a KPI is called."""
    return kpi.title_fa if SPOKEN.get() == "fa" else kpi.title_en


def kpi_definition(kpi: Kpi) -> str:
    """What a KPI measures, in a sentence or two."""
    return kpi.definition_fa if SPOKEN.get() == "fa" else kpi.definition_en
