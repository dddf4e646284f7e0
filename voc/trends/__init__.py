"""What customers speak of over time, what differs beyond chance, and what a figure is associated with."""

from voc.trends.compare import KINDS, Comparison, Contrast, compare
from voc.trends.drivers import TARGETS, Coefficient, Driver, DriverReport, find_drivers
from voc.trends.periods import last_days, period_before
from voc.trends.portrait import Companion, Portrait, draw_portrait
from voc.trends.series import LEVELS, MEASURES, OF_REASONS, TrendRow, compute_trend
from voc.trends.spikes import Spike, find_spikes
from voc.trends.themes import NEW, Theme, find_themes
from voc.trends.what_if import Scenario, what_if

__all__ = [
    "KINDS",
    "LEVELS",
    "MEASURES",
    "NEW",
    "OF_REASONS",
    "TARGETS",
    "Coefficient",
    "Companion",
    "Comparison",
    "Contrast",
    "Driver",
    "DriverReport",
    "Portrait",
    "Scenario",
    "Spike",
    "Theme",
    "TrendRow",
    "compare",
    "compute_trend",
    "draw_portrait",
    "find_drivers",
    "find_spikes",
    "find_themes",
    "last_days",
    "period_before",
    "what_if",
]
