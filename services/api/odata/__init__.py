"""The figures for Power BI and others that speak OData v4."""
