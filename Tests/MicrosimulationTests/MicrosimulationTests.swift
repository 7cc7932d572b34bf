// Tests of Microsimulation.
