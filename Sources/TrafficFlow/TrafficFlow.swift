// TrafficFlow: Traffic in aggregate: saturation flow, delay formulas, platoons, kinematic waves, queues.
