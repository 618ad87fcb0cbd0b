"""The stages of the recipe, one a file, and all of them in a row."""
