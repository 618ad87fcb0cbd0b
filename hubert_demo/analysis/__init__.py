"""What an `Encoding` means: numpy in, small frozen results out."""
