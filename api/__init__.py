"""HTTP, pages and the command line: the only way in from outside."""
