"""`python -m nn demo` is `autograd-core demo`: a network learns real digits."""

import sys

from autograd_core.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
