-- Tools see which rows people have corrected, and how many: the views of 010 with a column more at their end.

CREATE OR REPLACE VIEW kpi_v1.feedback AS SELECT
  'f' || CAST(f.seq AS VARCHAR) AS id,
  f.seq,
  f.batch_id,
  CASE WHEN v.seq IS NULL THEN 'feedback' ELSE 'conversation' END AS kind,
  f.line,
  f.text,
  f.external_id,
  f.customer_id,
  a.pseudonym AS agent_id,
  f.channel,
  f.occurred_at,
  f.occurred_on,
  f.occurred_hour,
  f.first_response_at,
  f.resolved_at,
  f.handle_s,
  f.wait_s,
  f.abandoned,
  f.transfers,
  f.cost,
  f.revenue,
  f.nps,
  f.csat,
  f.ces,
  f.ves_1,
  f.ves_2,
  f.ees,
  f.referred,
  f.referral_sold,
  CAST(f.attributes AS VARCHAR) AS attributes,
  t.seq IS NOT NULL AS tagged,
  t.seq IS NULL AND f.seq IN (SELECT seq FROM main.set_aside) AS set_aside,
  t.model,
  t.taxonomy,
  t.tagged_at,
  t.script,
  t.sentiment,
  round(CAST(t.sentiment_score AS DOUBLE PRECISION), 6) AS sentiment_score,
  round(CAST(t.effort_score AS DOUBLE PRECISION), 6) AS effort_score,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.hard, FALSE) END AS high_effort,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(NOT r.hard, FALSE) END AS easy,
  t.resolution,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.reasons, '') END AS reasons,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.reasons_negative, '') END AS reasons_negative,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.reasons_positive, '') END AS reasons_positive,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.effort, '') END AS effort,
  CASE WHEN t.seq IS NOT NULL THEN coalesce(r.loyalty, '') END AS loyalty,
  w.primary_reason,
  w.effort_level,
  w.sentiment_start,
  w.sentiment_end,
  w.quarters AS sentiment_quarters,
  v.turns,
  v.speakers_sure,
  v.duration_s,
  v.customer_talk_s,
  v.agent_talk_s,
  v.silence_s,
  v.longest_silence_s,
  v.interruptions,
  t.corrected_at
FROM main.feedback f
LEFT JOIN main.agent a ON a.agent_id = f.agent_id
LEFT JOIN main.tagging t ON t.seq = f.seq
LEFT JOIN (
  SELECT
    seq,
    string_agg(code, '|' ORDER BY position) FILTER (WHERE kind = 'reason') AS reasons,
    string_agg(code, '|' ORDER BY position) FILTER (WHERE kind = 'reason' AND polarity = 'negative') AS reasons_negative,
    string_agg(code, '|' ORDER BY position) FILTER (WHERE kind = 'reason' AND polarity = 'positive') AS reasons_positive,
    string_agg(code, '|' ORDER BY position) FILTER (WHERE kind = 'effort') AS effort,
    string_agg(code, '|' ORDER BY position) FILTER (WHERE kind = 'loyalty') AS loyalty,
    bool_or(code NOT IN ('easy')) FILTER (WHERE kind = 'effort') AS hard
  FROM main.tag GROUP BY seq
) r ON r.seq = f.seq
LEFT JOIN main.conversation v ON v.seq = f.seq
LEFT JOIN main.conversation_tagging w ON w.seq = f.seq;

COMMENT ON VIEW kpi_v1.feedback IS 'One row for each feedback or conversation, with its tags; several codes stand in one cell with a bar between them.';
COMMENT ON COLUMN kpi_v1.feedback.id IS 'Public id, as in /v1/feedback/{id}';
COMMENT ON COLUMN kpi_v1.feedback.seq IS 'The number in it: order of arrival, and a quicker key to join by';
COMMENT ON COLUMN kpi_v1.feedback.batch_id IS 'The file or call that it came with: kpi_v1.batches.id';
COMMENT ON COLUMN kpi_v1.feedback.kind IS 'feedback or conversation';
COMMENT ON COLUMN kpi_v1.feedback.line IS 'Line or record of the source';
COMMENT ON COLUMN kpi_v1.feedback.text IS 'What the customer wrote or said, with personal data masked';
COMMENT ON COLUMN kpi_v1.feedback.external_id IS 'Id in the source';
COMMENT ON COLUMN kpi_v1.feedback.customer_id IS 'Customer in the source';
COMMENT ON COLUMN kpi_v1.feedback.agent_id IS 'Pseudonym of the agent: no view has another id';
COMMENT ON COLUMN kpi_v1.feedback.channel IS 'Where it came in';
COMMENT ON COLUMN kpi_v1.feedback.occurred_at IS 'When it happened';
COMMENT ON COLUMN kpi_v1.feedback.occurred_on IS 'The local day of it: kpi_v1.dates.day';
COMMENT ON COLUMN kpi_v1.feedback.occurred_hour IS 'The local hour of it, 0 to 23';
COMMENT ON COLUMN kpi_v1.feedback.first_response_at IS 'When it was first answered';
COMMENT ON COLUMN kpi_v1.feedback.resolved_at IS 'When it was resolved';
COMMENT ON COLUMN kpi_v1.feedback.handle_s IS 'Handle time in seconds';
COMMENT ON COLUMN kpi_v1.feedback.wait_s IS 'Waiting time in seconds';
COMMENT ON COLUMN kpi_v1.feedback.abandoned IS 'Whether the customer gave up waiting';
COMMENT ON COLUMN kpi_v1.feedback.transfers IS 'How often it was passed on';
COMMENT ON COLUMN kpi_v1.feedback.cost IS 'Cost, in the currency of the source';
COMMENT ON COLUMN kpi_v1.feedback.revenue IS 'Revenue, in the currency of the source';
COMMENT ON COLUMN kpi_v1.feedback.nps IS 'Answer from 0 to 10';
COMMENT ON COLUMN kpi_v1.feedback.csat IS 'Satisfaction from 1 to 5';
COMMENT ON COLUMN kpi_v1.feedback.ces IS 'Ease from 1 to 7, 7 the easiest';
COMMENT ON COLUMN kpi_v1.feedback.ves_1 IS 'First question of value enhancement, 1 to 7';
COMMENT ON COLUMN kpi_v1.feedback.ves_2 IS 'Second question of value enhancement, 1 to 7';
COMMENT ON COLUMN kpi_v1.feedback.ees IS 'Answer of an employee, on the scale of VOC_EES_SCALE';
COMMENT ON COLUMN kpi_v1.feedback.referred IS 'Whether the customer referred others';
COMMENT ON COLUMN kpi_v1.feedback.referral_sold IS 'Whether a referral bought';
COMMENT ON COLUMN kpi_v1.feedback.attributes IS 'The other columns of the source, as JSON';
COMMENT ON COLUMN kpi_v1.feedback.tagged IS 'Whether it has tags; without, all columns of tags are NULL';
COMMENT ON COLUMN kpi_v1.feedback.set_aside IS 'Whether it has none because a model failed on it; it does not wait for that model any more';
COMMENT ON COLUMN kpi_v1.feedback.model IS 'Model of the tags';
COMMENT ON COLUMN kpi_v1.feedback.taxonomy IS 'Version of the codes';
COMMENT ON COLUMN kpi_v1.feedback.tagged_at IS 'When it was tagged';
COMMENT ON COLUMN kpi_v1.feedback.script IS 'Script of the text';
COMMENT ON COLUMN kpi_v1.feedback.sentiment IS 'negative, positive, mixed or neutral';
COMMENT ON COLUMN kpi_v1.feedback.sentiment_score IS 'From -1 to 1';
COMMENT ON COLUMN kpi_v1.feedback.effort_score IS 'From -1, easy, to 1, hard; NULL without an effort cue';
COMMENT ON COLUMN kpi_v1.feedback.high_effort IS 'Whether any effort cue is a hard one';
COMMENT ON COLUMN kpi_v1.feedback.easy IS 'Whether all its effort cues, at least one, are easy ones';
COMMENT ON COLUMN kpi_v1.feedback.resolution IS 'resolved, unresolved, or NULL where nothing is said of it';
COMMENT ON COLUMN kpi_v1.feedback.reasons IS 'Codes of contact reasons, the weightiest first, empty where there is none; one a row in kpi_v1.reasons';
COMMENT ON COLUMN kpi_v1.feedback.reasons_negative IS 'Those of which something bad is said';
COMMENT ON COLUMN kpi_v1.feedback.reasons_positive IS 'Those of which something good is said';
COMMENT ON COLUMN kpi_v1.feedback.effort IS 'Codes of effort cues; one a row in kpi_v1.effort_cues';
COMMENT ON COLUMN kpi_v1.feedback.loyalty IS 'Codes of loyalty cues; one a row in kpi_v1.loyalty_cues';
COMMENT ON COLUMN kpi_v1.feedback.primary_reason IS 'Of a conversation: what the customer came for';
COMMENT ON COLUMN kpi_v1.feedback.effort_level IS 'Of a conversation: none, low or high';
COMMENT ON COLUMN kpi_v1.feedback.sentiment_start IS 'Of a conversation: sentiment of its first quarter';
COMMENT ON COLUMN kpi_v1.feedback.sentiment_end IS 'Of a conversation: sentiment of its last quarter';
COMMENT ON COLUMN kpi_v1.feedback.sentiment_quarters IS 'Of a conversation: [[sentiment, score], ...] of its quarters, as JSON';
COMMENT ON COLUMN kpi_v1.feedback.turns IS 'Of a conversation: number of turns';
COMMENT ON COLUMN kpi_v1.feedback.speakers_sure IS 'Of a conversation: how sure the sides are; NULL where the source names them';
COMMENT ON COLUMN kpi_v1.feedback.duration_s IS 'Of a conversation with times: seconds from the first word to the last';
COMMENT ON COLUMN kpi_v1.feedback.customer_talk_s IS 'Of a conversation with times: seconds that the customer talks';
COMMENT ON COLUMN kpi_v1.feedback.agent_talk_s IS 'Of a conversation with times: seconds that the agent talks';
COMMENT ON COLUMN kpi_v1.feedback.silence_s IS 'Of a conversation with times: seconds in which nobody speaks';
COMMENT ON COLUMN kpi_v1.feedback.longest_silence_s IS 'Of a conversation with times: the longest silence in seconds';
COMMENT ON COLUMN kpi_v1.feedback.interruptions IS 'Of a conversation with times: turns of the agent that begin while the customer speaks';
COMMENT ON COLUMN kpi_v1.feedback.corrected_at IS 'When people overruled the model, whose answer the tags are otherwise; NULL where they do not';

CREATE OR REPLACE VIEW kpi_v1.kpis_daily AS SELECT
  f.occurred_on AS day,
  f.channel,
  count(*) AS feedback,
  count(v.seq) AS conversations,
  count(t.seq) AS tagged,
  count(*) FILTER (WHERE t.sentiment = 'negative') AS negative,
  count(*) FILTER (WHERE t.sentiment = 'positive') AS positive,
  count(*) FILTER (WHERE t.sentiment = 'mixed') AS mixed,
  count(*) FILTER (WHERE t.sentiment = 'neutral') AS neutral,
  count(*) FILTER (WHERE t.seq IS NOT NULL AND g.hard) AS high_effort,
  count(*) FILTER (WHERE t.seq IS NOT NULL AND g.effort AND NOT g.hard) AS easy,
  count(*) FILTER (WHERE t.resolution = 'resolved') AS resolved,
  count(*) FILTER (WHERE t.resolution = 'unresolved') AS unresolved,
  count(*) FILTER (WHERE t.seq IS NOT NULL AND g.reason) AS with_reason,
  count(f.nps) AS nps_answers,
  count(*) FILTER (WHERE f.nps >= 9) AS promoters,
  count(*) FILTER (WHERE f.nps <= 6) AS detractors,
  count(f.csat) AS csat_answers,
  count(*) FILTER (WHERE f.csat >= 4) AS satisfied,
  sum(f.csat) AS csat_total,
  count(f.ces) AS ces_answers,
  sum(f.ces) AS ces_total,
  count(f.handle_s) AS handled,
  sum(f.handle_s) AS handle_s_total,
  sum(f.cost) AS cost_total,
  sum(f.revenue) AS revenue_total,
  count(t.corrected_at) AS corrected
FROM main.feedback f
LEFT JOIN main.tagging t ON t.seq = f.seq
LEFT JOIN main.conversation v ON v.seq = f.seq
LEFT JOIN (
  SELECT seq, bool_or(kind = 'effort' AND code NOT IN ('easy')) AS hard, bool_or(kind = 'effort') AS effort,
    bool_or(kind = 'reason') AS reason
  FROM main.tag GROUP BY seq
) g ON g.seq = f.seq
GROUP BY f.occurred_on, f.channel;

COMMENT ON VIEW kpi_v1.kpis_daily IS 'Counts of each day and channel, to be summed before they are divided: an average of averages is wrong.';
COMMENT ON COLUMN kpi_v1.kpis_daily.day IS 'kpi_v1.dates.day; NULL for rows without a date';
COMMENT ON COLUMN kpi_v1.kpis_daily.channel IS 'NULL for rows without one';
COMMENT ON COLUMN kpi_v1.kpis_daily.feedback IS 'Rows, conversations included';
COMMENT ON COLUMN kpi_v1.kpis_daily.conversations IS 'Conversations';
COMMENT ON COLUMN kpi_v1.kpis_daily.tagged IS 'Rows with tags';
COMMENT ON COLUMN kpi_v1.kpis_daily.negative IS 'Rows of this sentiment; of tagged';
COMMENT ON COLUMN kpi_v1.kpis_daily.positive IS 'Rows of this sentiment; of tagged';
COMMENT ON COLUMN kpi_v1.kpis_daily.mixed IS 'Rows of this sentiment; of tagged';
COMMENT ON COLUMN kpi_v1.kpis_daily.neutral IS 'Rows of this sentiment; of tagged';
COMMENT ON COLUMN kpi_v1.kpis_daily.high_effort IS 'Rows with a hard effort cue; of tagged: text_effort_share';
COMMENT ON COLUMN kpi_v1.kpis_daily.easy IS 'Rows with easy effort cues alone';
COMMENT ON COLUMN kpi_v1.kpis_daily.resolved IS 'Rows that say so; of resolved + unresolved: text_resolution';
COMMENT ON COLUMN kpi_v1.kpis_daily.unresolved IS 'Rows that say so';
COMMENT ON COLUMN kpi_v1.kpis_daily.with_reason IS 'Rows with a contact reason';
COMMENT ON COLUMN kpi_v1.kpis_daily.nps_answers IS 'NPS = 100 * (promoters - detractors) / nps_answers';
COMMENT ON COLUMN kpi_v1.kpis_daily.promoters IS 'Answers of 9 and 10';
COMMENT ON COLUMN kpi_v1.kpis_daily.detractors IS 'Answers of 0 to 6';
COMMENT ON COLUMN kpi_v1.kpis_daily.csat_answers IS 'csat_top2 = satisfied / csat_answers';
COMMENT ON COLUMN kpi_v1.kpis_daily.satisfied IS 'Answers of 4 and 5';
COMMENT ON COLUMN kpi_v1.kpis_daily.csat_total IS 'Sum of the answers, NULL without one: csat_mean = csat_total / csat_answers';
COMMENT ON COLUMN kpi_v1.kpis_daily.ces_answers IS 'ces_mean = ces_total / ces_answers';
COMMENT ON COLUMN kpi_v1.kpis_daily.ces_total IS 'Sum of the answers; NULL without one';
COMMENT ON COLUMN kpi_v1.kpis_daily.handled IS 'Rows with a handle time';
COMMENT ON COLUMN kpi_v1.kpis_daily.handle_s_total IS 'Sum of the handle times in seconds; NULL where none is known';
COMMENT ON COLUMN kpi_v1.kpis_daily.cost_total IS 'Sum of the costs; NULL where none is known';
COMMENT ON COLUMN kpi_v1.kpis_daily.revenue_total IS 'Sum of the revenue; NULL where none is known';
COMMENT ON COLUMN kpi_v1.kpis_daily.corrected IS 'Rows in which people overrule the model; of tagged';
