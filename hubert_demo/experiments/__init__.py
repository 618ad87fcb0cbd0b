"""What runs a model, or parts of it, again on purpose: sweeps, and reading and hearing every layer."""
