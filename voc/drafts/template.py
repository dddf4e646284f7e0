"""The first draft that somebody gets to see: every block once, with what it is for."""

from typing import Final

_TEMPLATE: Final = """# Your own contact reasons, as a draft on the shipped taxonomy.
# Keep this file in git: it, the release and the rows that it is learnt beside determine the model.
#   voc taxonomy examples {file} CODE --rows FEEDBACK.csv   rows to copy into it
#   voc taxonomy check {file} --rows FEEDBACK.csv     what it finds, how sure that is, what it changes
#   voc taxonomy publish {file} -o FOLDER             a model; VOC_MODEL=FOLDER uses it
# All codes are those of the shipped taxonomy (voc taxonomy show) or of this file. Blocks that you do not need: delete them.

base = "{base}"
name = "{name}"      # becomes part of the model's name, with the version
version = "1"

[[group]]
code = "club"
fa = "باشگاه مشتریان"
en = "Customer club"

# A new reason. Eight hits are the least; twenty-five are better. Say each as a customer would, in another voice, about another
# side of it. The words of the titles and of the definition count as well. Near misses have its words and another meaning.
[[add]]
code = "club.points"
fa = "امتیاز باشگاه"
en = "Club points"
definition_fa = "جمع شدن، پریدن، خرج کردن و ارزشِ امتیازهای باشگاه مشتریان."
definition_en = "Collecting, losing, spending and the worth of the customer club's points."
hits = [
  "امتیازهای باشگاهم یهو صفر شد، دو سال جمعش کرده بودم",
  "با امتیاز باشگاه یه قهوه‌ساز گرفتم، خیلی چسبید",
  "چرا خرید حضوری برام امتیاز نداره؟",
  "امتیازها را تا پایان سال باید خرج کرد یا منتقل می‌شود؟",
  "هزار امتیاز جمع کردم تازه میشه ده تومن تخفیف، مسخره‌ست",
  "سطح طلایی باشگاه که شدم ارسالام رایگان شد، راضیم",
  "امتیاز سفارش مرجوعی رو هم ازم کم کردن هم پس ندادن",
  "تو باشگاه مشتریان جایزه‌هاتون هیچ‌وقت موجود نیست",
  "امتیاز تولدم رو ندادین، پیامکش اومد ولی تو باشگاه نیست",
]
near_misses = [
  {{ text = "به فروشنده امتیاز پنج دادم چون خوش‌برخورد بود", instead = "service.staff", why = "امتیازِ نظر است" }},
  {{ text = "امتیاز وامم رو انتقال نمیدن", instead = "", why = "امتیازِ وام است" }},
  {{ text = "رفتم باشگاه، لباس ورزشیش تنگ بود", instead = "product.quantity", why = "باشگاهِ ورزشی است" }},
]

# [[rename]]                       # other titles, or another code (to = "…"), for a reason or a group
# code = "price.promotion"
# fa = "جشنواره و تخفیف"
# en = "Campaigns"

# [[move]]                         # to another group
# code = "billing.fee"
# group = "price"

# [[merge]]                        # several are given as one: one of them, or a new code with titles and definitions
# codes = ["digital.bug", "digital.usability"]
# into = "digital.usability"

# [[split]]                        # its rows are dealt out to the parts; what is none of them keeps the code
# code = "service.access"
#   [[split.into]]                 # as in [[add]]: code, fa, en, definition_fa, definition_en, hits, near_misses

# [[hide]]                         # not given any more, a reason or a group
# code = "order.availability"
"""


def first_draft(file: str, name: str, base: str) -> str:
    """A commented draft that can be checked as it stands."""
    return _TEMPLATE.format(file=file, name=name, base=base)
