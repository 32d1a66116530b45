"""Floor 2: from the sources to a loaded star. extract → pseudonymise → link → register → route → star → load."""
