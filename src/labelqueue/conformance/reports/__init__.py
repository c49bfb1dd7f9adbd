"""The reports: what a run found, as data, and every way in which people read it."""
