"""`recsae pretrain` as a script, for `ray submit CLUSTER.yaml experiments/pretrain.py -- ...`."""

import sys

from recsae.__main__ import main

if __name__ == "__main__":
    sys.argv[1:1] = ["pretrain"]
    main()
