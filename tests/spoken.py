"""Conversations for tests, as people speak and write; the fake tagger knows some of their words."""

from typing import Any, Final

from voc.conversations.turns import customer_text
from voc.records import Feedback, Turn

CALL: Final = (
    Turn("agent", "سلام وقت بخیر، بفرمایین", 0, 3),
    Turn("customer", "سلام، سفارشم خیلی دیر شده افتضاح", 4, 9),
    Turn("customer", "چندبار هم زنگ زدم", 10, 12),
    Turn("agent", "شرمنده‌تونم، خودم پیگیری می‌کنم", 11, 15),
    Turn("customer", "باشه، منتظر می‌مونم", 45, 47),
    Turn("agent", "یه کد هدیه هم براتون گذاشتم", 48, 51),
    Turn("customer", "دستتون درد نکنه عالی شد، حل شد", 52, 56),
)
"""Angry at the start, glad at the end, after apology, ownership and a gift; 56 s, nobody speaks 1 + 1 + 30 + 1 + 1 of them."""

CHAT: Final = (
    Turn("customer", "چطور آدرسم رو عوض کنم؟ راحت پیدا نمیشه", 0),
    Turn("agent", "از منوی بالا برین تو حساب کاربری", 90),
    Turn("customer", "مرسی", 120),
)


def conversation(turns: tuple[Turn, ...], line: int = 2, **fields: Any) -> Feedback:
    """A row with these turns, as it is taken in."""
    return Feedback(customer_text(turns), line, turns=turns, **fields)
