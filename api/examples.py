"""The examples in the API reference, one for each shape that carries text; a test sees to it that they fit and are true."""

from typing import Any, Final

Example = dict[str, Any]

BATCH: Final[Example] = {
    "id": "b3f9a1c2d4e5f",
    "name": "نظرسنجی-اردیبهشت.csv",
    "status": "tagging",
    "received": 1200,
    "accepted": 1188,
    "rejected": 12,
    "tagged": 640,
    "rows_per_s": 85.0,
    "eta_s": 6.4,
    "created_at": "2026-05-04T10:00:00+03:30",
    "columns": [{"header": "نظر مشتری", "field": "text", "note": ""}],
    "notices": [],
    "sample": False,
}
RECORDS: Final[Example] = {
    "name": "نظرهای سایت",
    "records": [
        {
            "text": "بسته دو روز دیر رسید و پشتیبانی هم جواب تلفن را نداد",
            "occurred_at": "1405/02/14 10:30",
            "channel": "site",
            "nps": 3,
            "شعبه": "ونک",
        }
    ],
}
TAG: Final[Example] = {"texts": ["پیک خوش‌برخورد بود ولی غذا یخ کرده بود", "اپ باز نمیشه"]}
_SPOKEN: Final = [
    {"speaker": "customer", "text": "سلام، بسته‌ام سه روز دیر کرده", "start_s": 0.0, "end_s": 6.0},
    {"speaker": "agent", "text": "شرمنده‌ایم، خودم پیگیری می‌کنم", "start_s": 7.0, "end_s": 11.0},
    {"speaker": "customer", "text": "ممنون از شما", "start_s": 12.0, "end_s": 14.0},
]
TAG_CONVERSATION: Final[Example] = {"conversations": [{"turns": _SPOKEN}]}
TAGGED_TEXT: Final[Example] = {
    "text": "سه بار زنگ زدم، بسته هنوز نرسیده",
    "sentiment": "negative",
    "sentiment_score": -0.93,
    "sentiment_probability": 0.95,
    "reasons": [{"code": "delivery.time", "polarity": "negative", "score": 0.97, "evidence": [[16, 32]]}],
    "effort": [{"code": "repeat_contact", "score": 0.91, "evidence": [[0, 14]]}],
    "effort_score": 0.8,
    "loyalty": [],
    "resolution": "unresolved",
    "script": "persian",
    "model": "voc-fa-13",
    "taxonomy": "v1",
}
FEEDBACK: Final[Example] = {
    "id": "f1024",
    "batch_id": "b3f9a1c2d4e5f",
    "kind": "feedback",
    "line": 18,
    "external_id": "T-881",
    "text": "خیلی زود رسید، ممنون از پیک",
    "occurred_at": "2026-05-04T10:00:00+03:30",
    "channel": "phone",
    "attributes": {"شعبه": "ونک"},
    "sentiment": "positive",
    "sentiment_score": 0.9,
    "sentiment_probability": 0.93,
    "reasons": [{"code": "delivery.time", "polarity": "positive", "score": 0.96, "evidence": [[0, 13]]}],
    "effort": [],
    "effort_score": None,
    "loyalty": [],
    "resolution": None,
    "script": "persian",
    "model": "voc-fa-13",
    "taxonomy": "v1",
    "corrected": None,
}
CORRECTION: Final[Example] = {
    "changed": {"sentiment": "negative", "reasons": {"delivery.time": "negative"}},
    "why": "کنایه است",
    "queue": "random",
}
SELECTION: Final[Example] = {
    "filters": {"q": "دیر رسید", "polarity": ["positive"]},
    "expected": 12,
    "changed": {"add": {"reasons": {"delivery.time": "negative"}}},
    "why": "«دیر رسید» را مثبت خوانده بود",
}
CORRECTION_MADE: Final[Example] = {
    "id": "c7",
    "feedback_id": "f1024",
    "at": "2026-05-05T09:12:40+03:30",
    "by": "k1f2e3d4c5b6a",
    "why": "کنایه است",
    "source": "person",
    "queue": "random",
    "seed": "1405-W07",
    "changed": {"sentiment": "negative", "reasons": {"delivery.time": "negative"}},
    "confirmed": False,
    "selection": None,
    "undone_at": None,
    "undone_by": None,
}
ORIGINAL: Final[Example] = {"id": "f1026", "text": "شماره‌ام ۰۹۱۲۰۰۰۰۰۰۰ است، لطفاً زنگ بزنید"}
CONVERSATION: Final[Example] = {
    "id": "f1025",
    "batch_id": "b3f9a1c2d4e5f",
    "kind": "conversation",
    "line": 19,
    "external_id": "C-52",
    "text": "سلام، بسته‌ام سه روز دیر کرده\nممنون از شما",
    "occurred_at": "2026-05-04T10:05:00+03:30",
    "channel": "phone",
    "agent_id": "a7",
    "handle_s": 14.0,
    "transfers": 0,
    "attributes": {},
    "sentiment": "negative",
    "sentiment_score": -0.4,
    "sentiment_probability": 0.61,
    "reasons": [{"code": "delivery.time", "polarity": "negative", "score": 0.97, "evidence": [[0, 6, 29]]}],
    "effort": [],
    "effort_score": None,
    "loyalty": [],
    "resolution": "resolved",
    "script": "persian",
    "model": "voc-fa-13",
    "taxonomy": "v1",
    "turns": [
        _SPOKEN[0] | {"sentiment": "negative", "sentiment_score": -0.8},
        _SPOKEN[1] | {"sentiment": None, "sentiment_score": None},
        _SPOKEN[2] | {"sentiment": "positive", "sentiment_score": 0.7},
    ],
    "primary_reason": "delivery.time",
    "sentiment_start": "negative",
    "sentiment_end": "positive",
    "sentiment_quarters": [{"sentiment": "negative", "score": -0.8}, {"sentiment": "positive", "score": 0.7}],
    "effort_level": "none",
    "moves": [
        {"code": "apology", "score": 0.95, "evidence": [[1, 0, 10]]},
        {"code": "ownership", "score": 0.9, "evidence": [[1, 12, 30]]},
    ],
    "value_enhancement": [],
    "recovery": ["apology", "ownership"],
    "duration_s": 14.0,
    "customer_talk_s": 8.0,
    "agent_talk_s": 4.0,
    "silence_s": 2.0,
    "longest_silence_s": 1.0,
    "interruptions": 0,
}
CHANGE: Final[Example] = {"id": "f1024", "change": "tagged", "record": FEEDBACK}
TOMBSTONE: Final[Example] = {"id": "f1023", "change": "deleted"}
WEBHOOK: Final[Example] = {
    "url": "https://crm.example.ir/hooks/voc",
    "events": ["batch.finished", "feedback.churn_cue"],
    "description": "سامانهٔ پیگیری مشتریان",
}
