"""The agreement's year as small charts of all its indicators, side by side on one page."""
