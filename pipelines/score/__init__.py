"""The referee: what the pipeline found against the sealed truth. It is no party, and writes numbers, never rows."""
