"""How `nn.fit` trains: its checked settings, then the training itself, evaluation, and progress on the terminal."""
