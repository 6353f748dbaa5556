"""Figures in Chinese are grouped by thousands, as logistics people write them: 18,204."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
