// Tests of ControlLoop.
