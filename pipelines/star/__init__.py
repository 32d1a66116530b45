"""One module a star table: read, rename, look up keys, check. Raw names end here."""
