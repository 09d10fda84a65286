"""The verbs of this package: `canthus fit` and `canthus evaluate`.

Importing it asks OpenMP to let waiting threads sleep, unless the user has said otherwise: by default they spin, and on
cores that something else uses as well two threads of torch were then a tenth as fast as one.  It must be said before
torch is imported, so it cannot wait for a function.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
