"""What an `Encoding` means: numpy in, small frozen results out."""

from hubert_demo.analysis.compiled import keep_compiled

# Here, because libraries that compile are imported by what follows.
keep_compiled()
