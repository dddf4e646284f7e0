"""Tells other systems what happened: signed HTTP calls by the Standard Webhooks specification, from an outbox in the store."""
