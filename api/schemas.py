"""What goes in and out over HTTP, with an example of each; the reference page at /docs is made from these.

Only the border is pydantic: inside, the values are the dataclasses of `voc.records`, which these are read from.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, StringConstraints

from api import examples
from voc.access import NAME_CHARS, Scope, Via
from voc.conversations.turns import one_line
from voc.records import (
    AttributeValue,
    BatchStatus,
    EffortLevel,
    Polarity,
    Resolution,
    Script,
    Sentiment,
    Span,
    Speaker,
    Turn,
    TurnSpan,
)
from voc.webhooks.endpoint import DESCRIPTION_CHARS, URL_CHARS, DeliveryStatus, DisabledReason
from voc.webhooks.events import EventName

TEXTS_AT_ONCE = 100

TagText = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
OfSentiment = Annotated[Probability, Field(description="how likely the model holds this sentiment")]
OfSentimentIfKept = Annotated[
    Probability | None,
    Field(description="how likely the model holds this sentiment; null where a person says it, and where it was not kept yet"),
]


class Sent(BaseModel):
    """The base of what the service sends; read from dataclasses as well as from mappings."""

    model_config = ConfigDict(from_attributes=True)


class Taken(BaseModel):
    """The base of what the service takes; an unknown key is refused, because it is most often a misspelt one."""

    model_config = ConfigDict(extra="forbid")


class Problem(Sent):
    """An RFC 9457 problem document: what is wrong, with which input, and what would be right."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    options: list[str] | None = None


class ColumnOut(Sent):
    """How one header of the source was understood; `field` is null where the column is kept as an attribute."""

    header: str
    field: str | None
    note: str = ""


class NoticeOut(Sent):
    """Something about the source that is good to know and that refused no row."""

    column: str | None
    code: str
    message: str
    count: int


class BatchOut(Sent):
    """An upload and how far it has come; received = accepted + rejected."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [examples.BATCH]},
    )

    id: str
    name: str
    status: BatchStatus
    received: int
    accepted: int
    rejected: int
    erased: int = Field(0, description="accepted rows that were erased later; accepted - erased are there")
    tagged: int
    rows_per_s: float | None = Field(None, description="tagging speed; null until it is known")
    eta_s: float | None = Field(None, description="seconds left; null until they are known")
    created_at: datetime
    columns: list[ColumnOut]
    notices: list[NoticeOut]
    sample: bool = Field(False, description="true for the sample that came with the product")


class BatchPage(Sent):
    """Batches, the newest first."""

    items: list[BatchOut]
    next: str | None


class ErasedOut(Sent):
    """What an erasure took away."""

    rows: int = Field(description="feedback rows that were removed, with their tags")


class BackupOut(Sent):
    """A backup that was made; its manifest is the file of the same name with .json at its end."""

    file: str = Field(description="its name in VOC_BACKUP_DIR")
    made_at: datetime
    schema_version: int
    zone: str = Field(description="time zone of its days and hours")
    size_bytes: int
    sha256: str
    tables: dict[str, int] = Field(description="rows of each table")


class RejectOut(Sent):
    """A refused row: its line in the source, the header at fault if there is one, and why."""

    line: int
    column: str | None
    code: str
    message: str


class RejectPage(Sent):
    """Refused rows, in the order of the source."""

    items: list[RejectOut]
    next: str | None


class ColumnPreviewOut(ColumnOut):
    """A column with values that would be kept from under it, masked and cut."""

    examples: list[str]


class RowPreviewOut(Sent):
    """A row as it would be stored: the record of the API as far as it is known, and its day in the Jalali calendar."""

    model_config = ConfigDict(extra="allow")

    kind: Literal["feedback", "conversation"]
    line: int
    text: str
    occurred_at: datetime | None = None
    occurred_jalali: str | None = Field(None, examples=["1403-02-15"])


class PreviewOut(Sent):
    """How a source would be understood, from its first rows; read = accepted + rejected."""

    format: str
    encoding: str | None
    rows_estimate: int | None = Field(description="all its rows, where the format tells their number")
    columns: list[ColumnPreviewOut]
    read: int
    accepted: int
    rejected: int
    items: list[RowPreviewOut]
    rejects: list[RejectOut]
    notices: list[NoticeOut]


class RecordsIn(Taken):
    """Feedback as JSON; keys are our field names or headers that are recognised, the rest are kept as attributes.

    A record with `turns`, [{"speaker", "text", "start_s", "end_s"}, …], is a conversation.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [examples.RECORDS]},
    )

    records: list[dict[str, Any]] = Field(min_length=1)
    name: str | None = None
    mapping: dict[str, str] | None = Field(None, description='our field → their key, such as {"text": "نظر"}')


class TurnIn(Taken):
    """What one side says; times in seconds from the beginning."""

    speaker: Speaker
    text: TagText
    start_s: Seconds | None = None
    end_s: Seconds | None = None

    def as_record(self) -> Turn:
        """The turn on one line, as turns are kept; not masked yet."""
        return Turn(self.speaker, one_line(self.text), self.start_s, self.end_s)


class ConversationIn(Taken):
    """A conversation to tag, turn by turn."""

    turns: list[TurnIn] = Field(min_length=1)


class TagIn(Taken):
    """Texts, conversations or both to tag at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [examples.TAG, examples.TAG_CONVERSATION]},
    )

    texts: list[TagText] = Field([], max_length=TEXTS_AT_ONCE)
    conversations: list[ConversationIn] = Field([], max_length=TEXTS_AT_ONCE)


class ReasonOut(Sent):
    """A contact reason, what is said of it, and its words, weightiest first, as [start, end) in characters of `text`."""

    code: str
    polarity: Polarity
    score: Probability
    evidence: list[Span]


class CueOut(Sent):
    """An effort or loyalty cue and its words, weightiest first, as [start, end) in characters of `text`."""

    code: str
    score: Probability
    evidence: list[Span]


class TaggedText(Sent):
    """A text, with personal data masked, and its tags."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [examples.TAGGED_TEXT]},
    )

    text: str
    sentiment: Sentiment
    sentiment_score: float = Field(description="from -1 to 1")
    sentiment_probability: OfSentiment
    reasons: list[ReasonOut]
    effort: list[CueOut]
    effort_score: float | None = Field(description="from -1 (easy) to 1 (hard); null where there is no cue")
    loyalty: list[CueOut]
    resolution: Resolution | None
    script: Script
    model: str
    taxonomy: str


class SpokenReasonOut(Sent):
    """A contact reason of a conversation and its words, weightiest first, as [turn, start, end) in characters of that turn."""

    code: str
    polarity: Polarity
    score: Probability
    evidence: list[TurnSpan]


class SpokenCueOut(Sent):
    """An effort or loyalty cue, or what the agent did, and its words, as [turn, start, end) in characters of that turn."""

    code: str
    score: Probability
    evidence: list[TurnSpan]


class TurnOut(Sent):
    """What one side said, with personal data masked; times in seconds from the beginning; an agent's turn has no sentiment."""

    speaker: Speaker
    text: str
    start_s: float | None
    end_s: float | None
    sentiment: Sentiment | None
    sentiment_score: float | None


class MoodOut(Sent):
    """The sentiment of a stretch of the customer's words."""

    sentiment: Sentiment
    score: float = Field(description="from -1 to 1")


class OfConversation(Sent):
    """What only conversations have: who did what, the arc of sentiment, and what the clock says; null where it is not known."""

    reasons: list[SpokenReasonOut] | None = None
    effort: list[SpokenCueOut] | None = None
    loyalty: list[SpokenCueOut] | None = None
    speakers_sure: Probability | None = Field(None, description="how sure the sides are; null where the source names them")
    primary_reason: str | None = Field(None, description="what the customer came for")
    sentiment_start: Sentiment | None = Field(None, description="of the customer's first quarter of turns")
    sentiment_end: Sentiment | None = Field(None, description="of the customer's last quarter of turns")
    sentiment_quarters: list[MoodOut] | None = None
    effort_level: EffortLevel | None = None
    moves: list[SpokenCueOut] | None = Field(None, description="what the agent did, each once")
    value_enhancement: list[str] | None = Field(None, description="the moves that add value to the product or service")
    recovery: list[str] | None = Field(None, description="the moves that make up for a failure")
    duration_s: float | None = None
    customer_talk_s: float | None = Field(None, description="null, like the four that follow, unless every turn has its end")
    agent_talk_s: float | None = None
    silence_s: float | None = Field(None, description="nobody speaks")
    longest_silence_s: float | None = None
    interruptions: int | None = Field(None, description="turns of the agent that begin while the customer still speaks")


class TaggedConversation(OfConversation):
    """A conversation, with personal data masked, and its tags."""

    turns: list[TurnOut]
    sentiment: Sentiment
    sentiment_score: float = Field(description="from -1 to 1")
    sentiment_probability: OfSentiment
    effort_score: float | None
    resolution: Resolution | None
    script: Script
    model: str
    taxonomy: str


class TagOut(Sent):
    """One item for each text, and one for each conversation, in order."""

    items: list[TaggedText]
    conversations: list[TaggedConversation]


class AnswerOut(Sent):
    """What the model itself says of a record that people overrule, with evidence as in the record."""

    sentiment: Sentiment
    sentiment_score: float
    sentiment_probability: OfSentimentIfKept
    reasons: list[ReasonOut] | list[SpokenReasonOut]
    effort: list[CueOut] | list[SpokenCueOut]
    effort_score: float | None
    loyalty: list[CueOut] | list[SpokenCueOut]
    resolution: Resolution | None
    primary_reason: str | None = Field(None, description="of a conversation")
    effort_level: EffortLevel | None = Field(None, description="of a conversation")


class CorrectedOut(Sent):
    """That people overrule the model: in which fields, and who said so last, when and why."""

    at: datetime
    by: str | None = Field(description="id of the key; null where there was none")
    fields: list[str] = Field(description="those in which the record differs from what the model says")
    why: str
    model: AnswerOut


class RowOut(Sent):
    """What a stored row has, whether it is a text or a conversation; tags are null while it waits for the tagger."""

    id: str
    batch_id: str
    line: int
    external_id: str | None = None
    text: str = Field(description="with personal data masked; of a conversation, the customer's turns, one a line")
    occurred_at: datetime | None = None
    channel: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    handle_s: float | None = None
    wait_s: float | None = None
    abandoned: bool | None = None
    transfers: int | None = None
    cost: float | None = None
    revenue: float | None = None
    nps: int | None = None
    csat: float | None = None
    ces: float | None = None
    ves_1: float | None = None
    ves_2: float | None = None
    ees: float | None = None
    referred: bool | None = None
    referral_sold: bool | None = None
    attributes: dict[str, AttributeValue]
    sentiment: Sentiment | None = None
    sentiment_score: float | None = None
    sentiment_probability: OfSentimentIfKept = None
    effort_score: float | None = None
    resolution: Resolution | None = None
    script: Script | None = None
    model: str | None = None
    taxonomy: str | None = None
    corrected: CorrectedOut | None = Field(None, description="null where what the model says is what counts")


class FeedbackOut(RowOut):
    """A stored text, what its source knew, and its tags."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [examples.FEEDBACK]},
    )

    kind: Literal["feedback"]
    reasons: list[ReasonOut] | None = None
    effort: list[CueOut] | None = None
    loyalty: list[CueOut] | None = None


class ConversationRowOut(RowOut, OfConversation):
    """A stored conversation in a list, without its turns: one may have hundreds, and /v1/conversations/{id} gives them."""

    kind: Literal["conversation"]


class ConversationOut(ConversationRowOut):
    """A stored conversation with its turns, what its source knew, and its tags; evidence is [turn, start, end)."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [examples.CONVERSATION]},
    )

    turns: list[TurnOut]


class Record(RootModel[Annotated[FeedbackOut | ConversationOut, Field(discriminator="kind")]]):
    """A stored text or conversation."""


class OriginalOut(Sent):
    """The text of a record as it was before masking."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [examples.ORIGINAL]})

    id: str
    text: str


class FeedbackPage(Sent):
    """Tagged records, the last arrived first."""

    items: list[Annotated[FeedbackOut | ConversationRowOut, Field(discriminator="kind")]]
    next: str | None


class ChangeOut(Sent):
    """A record as it has become; of a deleted one there is no `record`."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [examples.CHANGE, examples.TOMBSTONE]})

    id: str
    change: Literal["stored", "tagged", "corrected", "deleted"] = Field(
        description="whatever it is but deleted: put `record` in its place"
    )
    record: Record | None = Field(None, description="what /v1/feedback/{id} says")


class ChangePage(Sent):
    """Changes, in the order in which they happened."""

    items: list[ChangeOut]
    next: str = Field(description="`since` for the next time")
    more: bool = Field(description="whether there is something after `next` already")


SpanStart = Annotated[
    datetime | date | None, Field(description="the first day of the span; of an hour, the local time at which it begins")
]
SpanEnd = Annotated[
    datetime | date | None, Field(description="the day after the last; of an hour, the local time at which it ends")
]
SpanTime = Annotated[datetime | None, Field(description="the moment at which the span begins, for what draws by moments")]


class TrendRowOut(Sent):
    """One code in one span of time; `share` is null where nothing was counted."""

    bucket: str | None
    start: SpanStart
    end: SpanEnd
    code: str | None
    group: str | None
    n: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    partial: bool = Field(False, description="the span is not over yet")
    time: SpanTime = None


class TrendPage(Sent):
    """A series, by time, group and code."""

    items: list[TrendRowOut]
    next: str | None = None
    corrected_rows: int = Field(description="rows among those that pass the filters in which people overrule the model")


class KpiRowOut(Sent):
    """A value with what it rests on; where it is null, `null_reason` says why."""

    name: str
    value: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    unit: str
    method: str
    null_reason: str | None
    bucket: str | None
    group: str | None
    missing: list[str] = Field([], description="the fields that would make it answerable")
    rank: int | None = Field(None, description="the place among the groups of the bucket, 1 for the best")
    target: float | None = Field(None, description="what the organisation wants to reach")
    on_target: bool | None = None
    model_error: float | None = Field(
        None, description="of a figure from texts: the model's reading less that of people, on texts held out for measuring it"
    )
    start: SpanStart = None
    end: SpanEnd = None
    time: SpanTime = None


class KpiPage(Sent):
    """KPI values."""

    items: list[KpiRowOut]
    next: str | None = None
    corrected_rows: int = Field(description="rows among those that pass the filters in which people overrule the model")


class KpiDefinitionOut(Sent):
    """What a KPI is, how it is computed, and what it needs."""

    name: str
    title_fa: str
    title_en: str
    unit: str
    better: str
    definition_fa: str
    definition_en: str
    formula: str
    needs: list[str]
    method: str
    target: float | None = None
    model_error: float | None = None


class KpiExplainedOut(KpiDefinitionOut):
    """A KPI with its value over the rows that pass the filters, and what its formula names: counts, sums and medians."""

    value: KpiRowOut
    counts: dict[str, float | None] = Field(
        description="null where there is nothing to count; none where an agent's value is withheld"
    )


class KpiDefinitionPage(Sent):
    """All KPIs."""

    items: list[KpiDefinitionOut]
    next: str | None = None


class CodeOut(Sent):
    """One code, with titles and definitions."""

    code: str
    fa: str
    en: str
    definition_fa: str
    definition_en: str
    direction: str = ""


class GroupOut(Sent):
    """A group of contact reasons: the part of a code before the dot."""

    code: str
    fa: str
    en: str


class TaxonomyOut(Sent):
    """All codes of the taxonomy in use; its name and the model's stand with every tagged record."""

    model: str = Field(description="the name of the model that tags with it")
    version: str
    sentiments: list[CodeOut]
    groups: list[GroupOut]
    reasons: list[CodeOut]
    effort: list[CodeOut]
    loyalty: list[CodeOut]
    resolutions: list[CodeOut]
    moves: list[CodeOut] = Field(description="what an agent does in a conversation; `direction` is the group")
    given_as: dict[str, str] = Field(
        description="what reasons of the taxonomy that it rests on are here, by their codes there; empty where not given"
    )


class KeyIn(Taken):
    """An access key to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "داشبورد مدیریت", "scope": "read"}]})

    name: str = Field(min_length=1, max_length=NAME_CHARS, description="who or what it is for")
    scope: Scope = Field(description="read; write, which uploads besides; admin, which deletes and makes keys besides")


class KeyOut(Sent):
    """An access key, without what opens anything."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None = Field(None, description="to the minute")
    revoked_at: datetime | None = None


class KeyMade(KeyOut):
    """A new access key: the one answer that has the key itself."""

    key: str


class KeyPage(Sent):
    """Access keys, the newest first."""

    items: list[KeyOut]
    next: str | None


class AuditEntryOut(Sent):
    """Who did what, when, and how it was answered."""

    happened_at: datetime
    via: Via = Field(description="key, session of the page, open (there was no key yet), command, or nobody")
    key_id: str | None
    address: str | None
    method: str
    route: str
    target: str | None = Field(description="the id in the path; of a customer, a keyed hash")
    status: int


class AuditPage(Sent):
    """The audit log, the newest first."""

    items: list[AuditEntryOut]
    next: str | None


class WebhookIn(Taken):
    """An endpoint to be told of events."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.WEBHOOK]})

    url: str = Field(max_length=URL_CHARS, description="http or https, ASCII, without a name, a password or a fragment")
    events: list[EventName] = Field(min_length=1)
    description: str = Field("", max_length=DESCRIPTION_CHARS)
    include_text: bool = Field(False, description="send the masked words of customers along where an event is of one text")


class WebhookChangeIn(Taken):
    """What is to change in an endpoint; what is left out or null stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    url: str | None = Field(None, max_length=URL_CHARS)
    events: list[EventName] | None = Field(None, min_length=1)
    description: str | None = Field(None, max_length=DESCRIPTION_CHARS)
    include_text: bool | None = None
    enabled: bool | None = None


class WebhookOut(Sent):
    """An endpoint, without its secret."""

    id: str
    url: str
    events: list[EventName]
    description: str
    include_text: bool
    enabled: bool
    created_at: datetime
    old_secret_until: datetime | None = Field(description="until when the secret before the present one signs beside it")
    failing_since: datetime | None = Field(description="the first failure since the last delivery that succeeded")
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None = Field(
        description="by_hand; gone: it answered 410; failing: for three days nothing succeeded"
    )


class WebhookMade(WebhookOut):
    """An endpoint with a new secret: the one answer that has it."""

    secret: str


class WebhookPage(Sent):
    """Endpoints, the newest first."""

    items: list[WebhookOut]
    next: str | None


class RotateIn(Taken):
    """How long the old secret is to sign beside the new one."""

    old_valid_h: float = Field(24, ge=0, le=168, allow_inf_nan=False, description="hours; 0 for a secret that leaked")


class ReplayIn(Taken):
    """From when on deliveries that failed are wanted once more."""

    since: AwareDatetime = Field(description="with its zone", examples=["2026-05-04T00:00:00+03:30"])


class ReplayedOut(Sent):
    """How much is on its way once more."""

    replayed: int


class DeliveryOut(Sent):
    """One event for one endpoint, and how far it has come; never what was sent."""

    id: str
    webhook_id: str
    message_id: str = Field(description="the header webhook-id, the same at every attempt")
    event: str
    happened_at: datetime
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    response_code: int | None = Field(description="of the last attempt; null where nothing was answered")
    problem: str | None = Field(
        description="why nothing was: private_address, no_such_host, no_connection, tls, timeout, no_http; or disabled"
    )


class DeliveryPage(Sent):
    """Deliveries, the newest first."""

    items: list[DeliveryOut]
    next: str | None


class Health(Sent):
    """Whether the process lives."""

    status: Literal["ok"]


class Readiness(Sent):
    """Whether the service can do its work; `model` is `loading` for the first seconds, while uploads already work."""

    status: Literal["ready"]
    store: Literal["ok"]
    model: Literal["loading", "loaded"]
    model_name: str
    taxonomy: str
