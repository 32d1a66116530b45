"""Epidemiology on frames: rates and their intervals."""
