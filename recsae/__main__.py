"""`python -m recsae`: the same as the command `recsae`."""

import os

# Torch's threads otherwise spin while they wait for each other. Beside another busy process that
# cost a factor of 8 (two pretrainings on two cores: 112 s against 15 s). Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from recsae.cli import main as main

if __name__ == "__main__":
    main()
