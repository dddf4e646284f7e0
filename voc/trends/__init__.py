"""What customers speak of over time, what rose beyond chance, and what moves a figure."""

from voc.trends.series import LEVELS, MEASURES, OF_REASONS, TrendRow, compute_trend

__all__ = ["LEVELS", "MEASURES", "OF_REASONS", "TrendRow", "compute_trend"]
