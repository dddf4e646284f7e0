"""An organisation's own contact reasons: a draft on the shipped taxonomy, learnt in seconds, judged, and published as a model.

draft file → Draft → Plan (taxonomy, what is given as what) → Learnt (weights) → Judgement → model folder

A draft and a release determine the published model: nothing is learnt from an organisation's rows, they only show what a
draft does to them.
"""

from voc.drafts.draft import Draft, read_draft
from voc.drafts.plan import Plan, plan_of

__all__ = ["Draft", "Plan", "plan_of", "read_draft"]
