// Tests of Sensing.
