"""What the still drawing and the stepper share: pictures of a graph, folding, DOT, layout."""
