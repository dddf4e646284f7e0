"""Taxonomy, lexicons, labels and the sample batch, as package data."""
