"""Serve HuBERT Explorer: `python app.py [DIR …]`, then open http://127.0.0.1:7860; see `--help`."""

from hubert_demo.ui.command import main

if __name__ == "__main__":
    main()
