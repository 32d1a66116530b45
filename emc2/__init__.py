"""Floor 3: the front door. Parses, calls one function of a floor below, reports."""
