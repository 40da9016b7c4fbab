"""Sail's command line. Its first session would import pyspark; here the import begins at once, while the client still imports its own."""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Thread

from pysail.cli import main

if __name__ == "__main__":
    Thread(target=import_module, args=("pyspark.sql",), daemon=True).start()
    sys.exit(main())
