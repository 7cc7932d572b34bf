// Tests of Solvers.
