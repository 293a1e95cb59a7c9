"""The commands; each calls one function of a room."""
