"""The page: wiring in `app`, one file a view in `views`, a little JavaScript and CSS in `static`."""
