"""From the CTC head's output to text: best path, beam search, alignment of a known text."""
