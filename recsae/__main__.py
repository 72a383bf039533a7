"""`python -m recsae`: the same as the command `recsae`."""

import os

# How long torch's threads spin while they wait for each other; read when torch loads. With the
# default, two pretrainings on two cores took 112 s where this takes 15 s. Alone nothing is lost.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from recsae.cli.app import main as main

if __name__ == "__main__":
    main()
