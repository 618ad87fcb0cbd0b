"""An analysis as files to take away: texts, numbers, pictures, and all of it in a zip."""
