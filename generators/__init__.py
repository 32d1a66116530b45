"""Floor 1: makes the sources' raw data and the sealed truth; imports `schema` and nothing else of ours."""
