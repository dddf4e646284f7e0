"""An organisation's own contact reasons: a draft on the shipped taxonomy, learnt in seconds, judged, and published as a model.

draft file → Draft → Plan (taxonomy, what is given as what) → Learnt (weights) → Judgement → model folder

A draft, a release and the rows that it is learnt beside determine the published model.
"""

from voc.drafts.draft import Draft, read_draft
from voc.drafts.plan import Plan, plan_of

__all__ = ["Draft", "Plan", "plan_of", "read_draft"]
