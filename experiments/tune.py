"""`recsae tune` as a script, for `ray submit CLUSTER.yaml experiments/tune.py -- SPACE.yaml ...`.

`ray submit` copies this file alone to the head of the cluster, so it imports only the installed
package, in which the shipped search spaces travel too.
"""

import sys

from recsae.__main__ import main

if __name__ == "__main__":
    sys.argv[1:1] = ["tune"]
    main()
