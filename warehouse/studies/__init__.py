"""One module a question, answered on an open warehouse."""
