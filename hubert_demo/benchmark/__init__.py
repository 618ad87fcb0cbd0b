"""HuBERT side by side with transformers: latency and peak memory, measured in one run."""
