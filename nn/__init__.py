"""Neural networks in a thin layer on autograd_core."""
