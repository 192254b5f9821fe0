"""`python -m nn demo` is the same as `autograd-core demo`: a network learns to read real digits."""

import sys

from autograd_core.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
