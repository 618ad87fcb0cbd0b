"""What runs the model again on purpose: sweeps."""
