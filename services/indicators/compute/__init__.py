"""From marks to served values: cells, values, roll-up, targets, comparisons."""
