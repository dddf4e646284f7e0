"""Measured, never asserted: how long answers take, beside the plainest SQL that counts the same."""
