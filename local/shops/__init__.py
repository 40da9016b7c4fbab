"""Three demo shops that look like the real ones, so that a whole day can be run, measured and tested without the internet."""
