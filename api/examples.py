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
TAGGED_TEXT: Final[Example] = {
    "text": "سه بار زنگ زدم، بسته هنوز نرسیده",
    "sentiment": "negative",
    "sentiment_score": -0.93,
    "reasons": [{"code": "delivery.time", "polarity": "negative", "score": 0.97, "evidence": [[16, 32]]}],
    "effort": [{"code": "repeat_contact", "score": 0.91, "evidence": [[0, 14]]}],
    "effort_score": 0.8,
    "loyalty": [],
    "resolution": "unresolved",
    "script": "persian",
    "model": "voc-fa-3",
    "taxonomy": "v1",
}
FEEDBACK: Final[Example] = {
    "id": "f1024",
    "batch_id": "b3f9a1c2d4e5f",
    "line": 18,
    "external_id": "T-881",
    "text": "خیلی زود رسید، ممنون از پیک",
    "occurred_at": "2026-05-04T10:00:00+03:30",
    "channel": "phone",
    "attributes": {"شعبه": "ونک"},
    "sentiment": "positive",
    "sentiment_score": 0.9,
    "reasons": [{"code": "delivery.time", "polarity": "positive", "score": 0.96, "evidence": [[0, 13]]}],
    "effort": [],
    "effort_score": None,
    "loyalty": [],
    "resolution": None,
    "script": "persian",
    "model": "voc-fa-3",
    "taxonomy": "v1",
}
