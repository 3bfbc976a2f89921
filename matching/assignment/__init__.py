"""The best assignment over all pairs of scores, its prices, and the checker that proves it."""
