// Tests of IntegerPrograms.
