"""The report on an area's period for the council: one content, as HTML, PDF, DOCX and in a workbook."""
