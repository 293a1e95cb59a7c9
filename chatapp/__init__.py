"""A streaming chat on Claude that you host yourself."""
