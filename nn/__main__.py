"""`python -m nn demo` does the same as `autograd-core demo`: it trains a network to read real digits."""

import sys

from autograd_core.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
