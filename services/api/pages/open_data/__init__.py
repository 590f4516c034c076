"""`/komma-igang/{area}/oppna-data`: whether a municipality publishes its final figures for everybody."""
