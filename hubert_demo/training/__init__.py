"""The recipe that rebuilds the embedded checkpoint: data, CTC training, keyword head, evaluation."""
