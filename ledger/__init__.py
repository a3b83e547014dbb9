"""Acts, the case, the journal and the log: the facts and how they are sealed."""
