"""What every stage runs on: the training loop, its optimiser and processes."""
