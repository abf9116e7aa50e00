"""Pure algorithms: no Django, no database; files or arrays in, files or arrays out."""
