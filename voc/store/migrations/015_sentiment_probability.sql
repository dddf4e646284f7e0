-- How likely the model holds the sentiment that it gives; NULL for rows that were tagged before, and where people say the sentiment.

ALTER TABLE tagging ADD COLUMN sentiment_probability REAL;
