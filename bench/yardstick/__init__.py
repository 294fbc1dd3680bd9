"""What the benchmarks share: a book of any size, and the engines that ours is held against."""
