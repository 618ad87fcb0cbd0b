"""What is learnt from: corpora, their clips, the words cut from them, batches."""
