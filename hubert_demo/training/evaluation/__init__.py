"""How well a checkpoint reads and spots keywords, and what its layers know."""
