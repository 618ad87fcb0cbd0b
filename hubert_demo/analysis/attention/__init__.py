"""What each attention head looks at."""
