// Tests of TrafficModel.
