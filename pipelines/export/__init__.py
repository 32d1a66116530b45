"""Reads `sources/snds` → writes the tables that an SNDS analyst is given, under pseudonyms of this export alone."""
