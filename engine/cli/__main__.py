"""`python -m engine.cli`, where the `magnet-studio` script is not on the path."""

import sys

from engine.cli import main

sys.exit(main())
