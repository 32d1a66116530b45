"""Floor 0: declares what exists (tables, codes, reference tables, layout, errors) and touches no data."""
