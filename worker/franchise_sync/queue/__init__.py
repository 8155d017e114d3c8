"""The broker wakes workers up and spreads the work. It holds no truth: what it loses costs time only."""
