// Tests of Estimation.
