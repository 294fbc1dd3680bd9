def check(strategy): return list(strategy.faults)
