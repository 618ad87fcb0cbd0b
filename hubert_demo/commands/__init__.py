"""The commands of `python -m hubert_demo`, one file each."""
