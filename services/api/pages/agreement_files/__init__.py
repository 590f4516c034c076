"""The agreement's year and its charts as files: for a spreadsheet in its language, on paper, and in a report."""
