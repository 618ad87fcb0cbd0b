"""Serve HuBERT Explorer: `python app.py [DIR …]`, then open http://127.0.0.1:7860; see `--help`."""

import gc

if __name__ == "__main__":
    gc.disable()  # Importing makes no garbage, and looking for some took a second of the start.
    from hubert_demo.ui.settings import check_or_end

    check_or_end()  # Before Gradio is imported, which reads some of them then.
    from hubert_demo.ui.command import run

    gc.freeze()
    gc.enable()
    run()
