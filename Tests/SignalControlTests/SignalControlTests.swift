// Tests of SignalControl.
