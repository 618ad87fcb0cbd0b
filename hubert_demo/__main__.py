"""`python -m hubert_demo COMMAND …`."""

from hubert_demo.commands import main

if __name__ == "__main__":
    raise SystemExit(main())
