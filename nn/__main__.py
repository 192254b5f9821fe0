"""`python -m nn demo` is equivalent to `autograd-core demo`, which trains a network to read handwritten digits."""

import sys

from autograd_core.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
