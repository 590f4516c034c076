"""Open data: final figures of municipalities that want so, for everybody, with a catalogue that portals harvest."""
