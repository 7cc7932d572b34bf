// Tests of Streets.
