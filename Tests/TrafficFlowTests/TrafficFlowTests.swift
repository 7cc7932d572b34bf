// Tests of TrafficFlow.
