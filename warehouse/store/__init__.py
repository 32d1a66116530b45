"""One module a database: how the star is loaded into it and read from it."""
