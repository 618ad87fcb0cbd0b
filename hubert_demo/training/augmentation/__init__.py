"""Clips heard otherwise: faster, by other voices, through other microphones, in noise."""
