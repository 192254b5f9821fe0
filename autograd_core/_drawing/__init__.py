"""What the still drawing and the stepper share: pictures of a graph (boxes, edges, names), folding, DOT, layout."""
