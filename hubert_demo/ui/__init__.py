"""The page: frame and session in `app`, one file a view, a little JavaScript and CSS in `static`."""
