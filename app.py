"""Serve HuBERT Explorer: `python app.py`, then open http://127.0.0.1:7860."""

from hubert_demo.ui.app import Page

page = Page()
demo = page.demo

if __name__ == "__main__":
    page.launch()
