// Tests of TimingOptimization.
