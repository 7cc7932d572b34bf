// Statistics: Confidence intervals, paired comparison and counter-based random streams.
