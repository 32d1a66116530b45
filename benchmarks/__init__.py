"""Measurements: each script stands beside the result that it recorded."""
