"""Which keyword was said, and when."""
